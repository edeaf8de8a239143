import Foundation

/// The programs of the stack, which lie beside this one, and the files that they are configured with.
struct Executables: Sendable {
    let directory: String
    let taxonomy: String
    let guardrails: String

    var helpdesk: String { directory + "/helpdesk" }
    var ingest: String { directory + "/ingest" }
    var classifierWorker: String { directory + "/classifier-worker" }

    /// - Parameters:
    ///   - directory: where the programs are; beside this one if it is not given.
    ///   - configuration: where `taxonomy.yaml` and `guardrails.yaml` are; `deploy/config` in or above the working directory or the
    ///     programs' directory if it is not given.
    static func find(directory: String? = nil, configuration: String? = nil) throws -> Executables {
        let directory = directory ?? Self.own
        for name in ["helpdesk", "ingest", "classifier-worker"] where !FileManager.default.isExecutableFile(atPath: "\(directory)/\(name)") {
            throw LocalError("no_program", "found no \(name) in \(directory)", next: "Build it: swift build --product \(name).")
        }
        let places = configuration.map { [$0] } ?? [FileManager.default.currentDirectoryPath, directory].flatMap(Self.candidates)
        for place in places where FileManager.default.fileExists(atPath: place + "/taxonomy.yaml") {
            return Executables(directory: directory, taxonomy: place + "/taxonomy.yaml", guardrails: place + "/guardrails.yaml")
        }
        throw LocalError(
            "no_configuration", "found no taxonomy.yaml in \(configuration ?? "deploy/config of this or a directory above")",
            next: "Run this in the repository, or give --configuration.")
    }

    /// `deploy/config` in each directory from this one up.
    private static func candidates(_ start: String) -> [String] {
        var result: [String] = []
        var url = URL(fileURLWithPath: start).standardizedFileURL
        while true {
            result.append(url.appendingPathComponent("deploy/config").path)
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
