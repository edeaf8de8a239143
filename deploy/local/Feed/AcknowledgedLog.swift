import Foundation
import Synchronization

/// The feed's own memory of what it tried and what was acknowledged: a file that only grows, one JSON object to a line. `verify`
/// compares the database with it.
///
/// An event is noted before it is sent, so that one whose acknowledgement got lost is no stranger when it turns up.
final class AcknowledgedLog: Sendable {
    struct Line: Codable, Sendable {
        enum State: String, Codable, Sendable {
            /// A run begins; what is older is none of its business.
            case began
            case attempted
            case acknowledged
        }

        var state: State
        /// Seconds since 1970.
        var at: Double
        var entry: FeedEntry?
    }

    private let descriptor: Mutex<Int32>

    /// Opens the file for appending, and begins it if it is new.
    init(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LocalError("no_log", "could not open \(path) (errno \(errno))", next: "Check the disk and the permissions.")
        }
        self.descriptor = Mutex(descriptor)
        if lseek(descriptor, 0, SEEK_END) == 0 { try append([Line(state: .began, at: Date().timeIntervalSince1970)]) }
    }

    deinit { descriptor.withLock { _ = close($0) } }

    func note(_ state: Line.State, _ entries: some Sequence<FeedEntry>) throws {
        let now = Date().timeIntervalSince1970
        try append(entries.map { Line(state: state, at: now, entry: $0) })
    }

    private func append(_ lines: [Line]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var data = Data()
        for line in lines {
            data += try encoder.encode(line)
            data.append(UInt8(ascii: "\n"))
        }
        let isWhole = descriptor.withLock { descriptor in
            data.withUnsafeBytes { bytes in
                var written = 0
                while written < bytes.count {
                    let count = write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                    guard count > 0 else { return false }
                    written += count
                }
                return true
            }
        }
        guard isWhole else {
            throw LocalError("no_log", "could not write the log of acknowledged events (errno \(errno))", next: "Check the disk.")
        }
    }

    /// Everything in the file. A line cut off by a crash of the writer is left out.
    static func read(_ path: String) throws -> [Line] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw LocalError("no_log", "found no \(path)", next: "Feed something first: `helpdesk feed`.")
        }
        let decoder = JSONDecoder()
        return data.split(separator: UInt8(ascii: "\n")).compactMap { try? decoder.decode(Line.self, from: Data($0)) }
    }
}
