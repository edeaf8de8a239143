import Foundation

/// Ways in which a build with fault points (see `FaultPoint`) can be made to break its own protocol, so that whoever claims to notice can be seen
/// noticing. They are the variants of the protocol model (Tests/Chaos/Model), by the same names.
///
/// `HELPDESK_BREAK=no-inbox`
public enum Breakage: String, CaseIterable, Sendable {
    /// Offsets are stored when records are taken in hand, before anything is committed.
    case offsetFirst = "offset-first"
    /// Events are published from memory and never written to the outbox.
    case directPublish = "direct-publish"
    /// What the inbox says is ignored.
    case noInbox = "no-inbox"

    #if FAULT_POINTS
        private static let chosen = ProcessInfo.processInfo.environment["HELPDESK_BREAK"].flatMap(Breakage.init(rawValue:))
    #endif

    /// Whether this is how the process was told to be broken.
    @inline(__always)
    public var isOrdered: Bool {
        #if FAULT_POINTS
            return Self.chosen == self
        #else
            return false
        #endif
    }
}
