import DequeModule
import Domain
import Foundation
import Messaging

/// A record in hand, from its arrival until it is finished or dropped. Belongs to the worker that took it, and is looked up too often to be
/// copied each time.
final class InHand<S: Stage> {
    let raw: RawEvent
    let generation: Int
    var event: Event<S.Input>?
    var decision: S.Decision?
    /// Attempts that failed.
    var attempts = 0
    /// Why and with which words it is to die, once that is settled.
    var death: (reason: DeadReason, message: String)?

    init(raw: RawEvent, generation: Int) {
        self.raw = raw
        self.generation = generation
    }
}

/// One assignment of partitions, as long as it lasts.
struct Assignment {
    let generation: Int
    var trackers: [TopicPartition: OffsetTracker]
    /// From where each is read.
    var ranges: [TopicPartition: ReadingRange] = [:]
    /// Offsets before which a record is suspect of having killed its last handler. Known when the rows are open.
    var suspects: [TopicPartition: Int64] = [:]
    /// Assignment rows are open; records may be handled.
    var isOpen = false
    /// Since when the group wants it back.
    var revokedAt: Duration?

    var partitions: [TopicPartition] { trackers.keys.sorted() }

    func isSuspect(_ record: Record) -> Bool {
        suspects[record.source].map { record.offset < $0 } ?? false
    }

    /// Ends the suspicion of partitions whose suspect records were all delivered. To be asked when none of them is in hand.
    mutating func clearDelivered() {
        suspects = suspects.filter { partition, end in (trackers[partition]?.newest ?? -1) < end - 1 }
    }
}

/// The records that careful mode is at: some at which no attempt was counted before, or a single one.
struct CarefulStep: Sendable {
    let number: Int
    /// Attempts counted at each record that is not finished, this one included; 0 while none is.
    var attempts: [RecordPlace: Int]
    /// Those that failed an attempt without killing us.
    var survived: Set<RecordPlace> = []

    init(_ number: Int, _ records: [Record]) {
        self.number = number
        attempts = Dictionary(uniqueKeysWithValues: records.map { ($0.place, 0) })
    }
}

/// Deaths in a row for one reason, which point at us rather than at the events.
struct DeathStreak {
    private var reason = ""
    private var tickets: Set<TicketID> = []

    /// Counts a death; answers with the different tickets in the streak.
    mutating func count(_ reason: String, of ticket: TicketID) -> Int {
        if reason != self.reason {
            self.reason = reason
            tickets = []
        }
        tickets.insert(ticket)
        return tickets.count
    }

    mutating func end() {
        reason = ""
        tickets = []
    }
}

/// Why consumption stands still.
enum Standstill: Sendable, Equatable {
    /// Something needed is away; a probe runs until it is back.
    case away(String)
    /// Too many events in a row would die of the same thing; they are tried again now and then.
    case suspicion(String)

    var reason: String {
        switch self {
        case .away(let reason): "waiting for what is away: \(reason)"
        case .suspicion(let reason): "stopped, different tickets in a row fail alike: \(reason)"
        }
    }
}

extension Worker {
    /// Something needed is away; nothing is begun until it is back.
    var isAway: Bool {
        if case .away = standstill { true } else { false }
    }
}

/// Work for a task of its own.
enum Job: Sendable {
    case decide([Int])
    case commit([Int])
    case bury
    case open(generation: Int)
    case probe
    case wake(after: Duration)
    case careful(step: Int, [Record])
    /// Hand over what was held.
    case release
    case forgetAttempts(CarefulStep)
}
