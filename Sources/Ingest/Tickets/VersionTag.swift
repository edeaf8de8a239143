import Foundation
import HTTPTypes
import Hummingbird
import Stores

/// A ticket's or an account's version as an entity tag (RFC 9110 section 8.8.3): `"12"`.
enum VersionTag {
    static func text(_ version: Int) -> String { "\"\(version)\"" }

    /// What `If-Match` asks for: `*`, or one or more strong tags. A weak one, or one that we never made, matches nothing.
    /// - Parameter values: of each such header.
    /// - Throws: `Problem` when there is none, or what is no tag.
    static func expected(_ values: [String]) throws(Problem) -> ExpectedVersion {
        guard !values.isEmpty else {
            throw Problem(
                .versionRequired, "Read what you want to change and send its ETag in the header If-Match, so that no change between is lost.")
        }
        let tags = values.joined(separator: ",").split(separator: ",", omittingEmptySubsequences: false).map {
            String($0).trimmingCharacters(in: .whitespaces)
        }
        if tags == ["*"] { return .any }
        var versions: Set<Int> = []
        for tag in tags {
            guard tag.utf8.count <= 100, tag.wholeMatch(of: /(W\/)?"[\x21\x23-\x7E]*"/) != nil else {
                throw .header("If-Match", expected: "an ETag of it, such as \"3\", or *", found: "another text")
            }
            if let version = Int(tag.dropFirst().dropLast()), text(version) == tag { versions.insert(version) }
        }
        return .oneOf(versions)
    }
}

extension Exchange {
    /// Which versions the request is meant for.
    func expectedVersion() throws(Problem) -> ExpectedVersion { try VersionTag.expected(request.headers[values: .ifMatch]) }
}
