import Foundation

/// The programs of the stack, which lie beside this one, and the files that they are configured with.
package struct Executables: Sendable {
    package static let programs = ["helpdesk", "ingest"] + WorkerKind.allCases.map(\.rawValue)
    package static let files = ["taxonomy.yaml", "guardrails.yaml", "escalation-policy.yaml"]

    package let directory: String
    /// Holds `files`.
    package let configuration: String
    /// The articles of the knowledge base.
    package let articles: String

    package var helpdesk: String { directory + "/helpdesk" }
    package var ingest: String { directory + "/ingest" }
    package var taxonomy: String { configuration + "/taxonomy.yaml" }
    package var guardrails: String { configuration + "/guardrails.yaml" }
    package var policy: String { configuration + "/escalation-policy.yaml" }

    /// Where `make docs-ui` puts Swagger UI: beside the articles.
    package var documentation: String { URL(fileURLWithPath: articles).deletingLastPathComponent().appendingPathComponent(".docs-ui").path }

    package func worker(_ kind: WorkerKind) -> String { "\(directory)/\(kind.rawValue)" }

    /// - Parameters:
    ///   - directory: where the programs are; beside this one if it is not given.
    ///   - configuration: where `files` are; `deploy/config` in or above the working directory or the programs' directory if it is not given.
    ///   - articles: where the articles are; `kbs` in or above one of the same directories or `configuration` if it is not given.
    package static func find(directory: String? = nil, configuration: String? = nil, articles: String? = nil) throws -> Executables {
        let directory = directory ?? Self.own
        for name in programs where !FileManager.default.isExecutableFile(atPath: "\(directory)/\(name)") {
            throw LocalError("no_program", "found no \(name) in \(directory)", next: "Build it: swift build --product \(name).")
        }
        let starts = [configuration, FileManager.default.currentDirectoryPath, directory].compactMap(\.self)
        let place = try Self.place(given: configuration, "deploy/config", above: starts, holding: files[0], option: "--configuration")
        for file in files where !FileManager.default.isReadableFile(atPath: "\(place)/\(file)") {
            throw LocalError("no_configuration", "found no \(file) in \(place)", next: "Take the one of the repository's deploy/config.")
        }
        let kbs = try Self.place(given: articles, "kbs", above: starts, holding: nil, option: "--articles")
        guard (try? FileManager.default.contentsOfDirectory(atPath: kbs))?.contains(where: { $0.hasSuffix(".md") }) == true else {
            throw LocalError("no_articles", "found no article (*.md) in \(kbs)", next: "Give the repository's kbs with --articles.")
        }
        return Executables(directory: directory, configuration: place, articles: kbs)
    }

    private static func place(given: String?, _ name: String, above starts: [String], holding file: String?, option: String) throws -> String {
        let places = given.map { [$0] } ?? starts.flatMap { candidates(name, above: $0) }
        let found = places.first { place in FileManager.default.fileExists(atPath: file.map { "\(place)/\($0)" } ?? place) }
        guard let found else {
            throw LocalError(
                name == "kbs" ? "no_articles" : "no_configuration", "found no \(file ?? name) in \(given ?? "\(name) of this or a directory above")",
                next: "Run this in the repository, or give \(option).")
        }
        return URL(fileURLWithPath: found).standardizedFileURL.path
    }

    /// `name` in each directory from this one up.
    private static func candidates(_ name: String, above start: String) -> [String] {
        var result: [String] = []
        var url = URL(fileURLWithPath: start).standardizedFileURL
        while true {
            result.append(url.appendingPathComponent(name).path)
            if url.path == "/" { return result }
            url.deleteLastPathComponent()
        }
    }

    /// Where this program itself lies.
    private static var own: String {
        let link = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: link).standardizedFileURL.deletingLastPathComponent().path
    }
}
