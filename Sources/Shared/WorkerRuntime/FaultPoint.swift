import Foundation
import Synchronization

/// Named places at which a process can be told to die or to stop, so that tests hit it exactly where it hurts. Debug builds hold them, and the
/// optimised ones that `make chaos` makes for itself (`FAULT_POINTS`); what `make release` builds holds none of it.
///
/// `HELPDESK_FAULTS=after-commit=0.01,before-commit=0.005` kills the process with SIGKILL at these places with these probabilities.
/// `HELPDESK_FAULT_DIRECTORY=path` arms a running process: whoever finds a file with the name of the place takes it away and does what it
/// says, `kill` or `stop` (SIGSTOP), hence once.
/// `HELPDESK_FAULT_TRAP=word` makes the process trap on an event whose text holds the word, `HELPDESK_FAULT_THROW=word` makes deciding it fail.
public enum FaultPoint: String, CaseIterable, Sendable {
    /// Everything of the batch is written, COMMIT is not sent.
    case beforeCommit = "before-commit"
    /// COMMIT succeeded, nothing is published.
    case afterCommit = "after-commit"
    /// Outbox rows are acknowledged by the log, not deleted.
    case afterPublish = "after-publish"
    /// Committed and handed to the publisher, offsets not stored.
    case beforeOffsetStore = "before-offset-store"
    /// Dead letters are acknowledged, not marked in the inbox.
    case beforeDeadMark = "before-dead-mark"
    /// A model is being asked.
    case duringModelCall = "during-model-call"
    /// A model's answer is stored, nothing of what follows from it.
    case afterModelAnswer = "after-model-answer"

    #if FAULT_POINTS
        private static let probabilities: [FaultPoint: Double] = {
            var result: [FaultPoint: Double] = [:]
            for part in (ProcessInfo.processInfo.environment["HELPDESK_FAULTS"] ?? "").split(separator: ",") {
                let pair = part.split(separator: "=")
                if pair.count == 2, let point = FaultPoint(rawValue: String(pair[0])), let probability = Double(pair[1]) {
                    result[point] = probability
                }
            }
            return result
        }()

        private static let directory = variable("HELPDESK_FAULT_DIRECTORY")
        private static let trapWord = variable("HELPDESK_FAULT_TRAP")
        private static let throwWord = variable("HELPDESK_FAULT_THROW")

        private static func variable(_ name: String) -> String? {
            ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }

        /// The signal that this hit is to send to the process.
        private var signal: Int32? {
            if let probability = Self.probabilities[self], Double.random(in: 0..<1) < probability { return SIGKILL }
            guard let directory = Self.directory, let order = FileManager.default.contents(atPath: "\(directory)/\(rawValue)") else { return nil }
            // Of several threads that read it, the one that takes it away acts.
            guard unlink("\(directory)/\(rawValue)") == 0 else { return nil }
            return String(decoding: order, as: UTF8.self).hasPrefix("stop") ? SIGSTOP : SIGKILL
        }

        private struct Injected: Error {}
    #endif

    @inline(__always)
    public static func hit(_ point: FaultPoint) {
        #if FAULT_POINTS
            if let signal = point.signal { kill(getpid(), signal) }
        #endif
    }

    /// For a place that lasts: the process goes on and is hit a moment later.
    @inline(__always)
    public static func hitSoon(_ point: FaultPoint) {
        #if FAULT_POINTS
            guard let signal = point.signal else { return }
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 0.05)
                kill(getpid(), signal)
            }
        #endif
    }

    @inline(__always)
    public static func trapIfAsked(_ text: @autoclosure () -> String) {
        #if FAULT_POINTS
            // The trap is the point: it stands for a programming error that only this text reaches.
            if let trapWord, text().contains(trapWord) { fatalError("fault injected: the text holds the trap word") }
        #endif
    }

    @inline(__always)
    public static func throwIfAsked(_ text: @autoclosure () -> String) throws {
        #if FAULT_POINTS
            if let throwWord, text().contains(throwWord) { throw Injected() }
        #endif
    }
}
