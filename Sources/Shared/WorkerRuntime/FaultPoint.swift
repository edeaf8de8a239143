import Foundation
import Synchronization

/// Named places at which a debug build can be told to die, so that tests kill a process exactly where it hurts. A release build holds
/// none of it.
///
/// `HELPDESK_FAULTS=after-commit=0.01,before-commit=0.005` kills the process with SIGKILL at these places with these probabilities.
/// `HELPDESK_FAULT_TRAP=word` makes the process trap on an event whose text holds the word.
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
    /// A model's answer is stored, nothing of what follows from it.
    case afterModelAnswer = "after-model-answer"

    #if DEBUG
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

        private static let trapWord = ProcessInfo.processInfo.environment["HELPDESK_FAULT_TRAP"].flatMap { $0.isEmpty ? nil : $0 }
    #endif

    @inline(__always)
    public static func hit(_ point: FaultPoint) {
        #if DEBUG
            if let probability = probabilities[point], Double.random(in: 0..<1) < probability { kill(getpid(), SIGKILL) }
        #endif
    }

    @inline(__always)
    public static func trapIfAsked(_ text: @autoclosure () -> String) {
        #if DEBUG
            // The trap is the point: it stands for a programming error that only this text reaches.
            if let trapWord, text().contains(trapWord) { fatalError("fault injected: the text holds the trap word") }
        #endif
    }
}
