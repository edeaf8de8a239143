import Foundation
import Logging

@testable import HelpdeskLocal

/// A stack's directory for the length of a test.
struct TestDirectory {
    let local: LocalDirectory

    init() throws {
        local = LocalDirectory("\(NSTemporaryDirectory())/helpdesk-test-\(UUID().uuidString.prefix(8))")
        try local.create()
    }

    func remove() { try? FileManager.default.removeItem(atPath: local.path) }
}

/// Waits until `condition` holds, at most `limit`.
func eventually(_ limit: Duration = .seconds(20), _ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return try await condition()
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

extension Program {
    /// A shell command.
    static func shell(_ command: String, environment: [String: String] = [:]) -> Program {
        Program(path: "/bin/sh", arguments: ["-c", command], environment: environment.merging(["PATH": "/usr/bin:/bin"]) { a, _ in a })
    }
}
