public import Domain
public import Foundation

/// One measurement as it is filed.
public struct MetricFact: Sendable, Hashable {
    /// The event that brought it.
    public var event: UUID
    /// 0, 1, ... among the event's measurements.
    public var ordinal: Int
    /// Event time, in microseconds since 1970.
    public var at: Int64
    public var ticket: TicketID
    public var name: String
    public var value: Double
    public var labels: MetricLabels

    public init(event: UUID, ordinal: Int, at: Int64, ticket: TicketID, name: String, value: Double, labels: MetricLabels) {
        self.event = event
        self.ordinal = ordinal
        self.at = at
        self.ticket = ticket
        self.name = name
        self.value = value
        self.labels = labels
    }
}

/// What measurements of one name are told apart by.
public struct MetricLabels: Sendable {
    /// Empty for none.
    public var detail: String
    public var category: String
    public var tier: Int
    public var severity: String
    public var language: String
    public var persona: String
    public var channel: String

    /// Characters (Unicode scalars) of a word. The key of a rollup holds all of them and must fit an index page; a longer word is cut.
    public static let longestWord = 100

    public init(detail: String?, _ dimensions: MetricRecorded.Dimensions) {
        self.detail = Self.word(detail ?? "")
        category = Self.word(dimensions.category)
        tier = dimensions.tier.rawValue
        severity = dimensions.severity.rawValue
        language = Self.word(dimensions.language)
        persona = dimensions.persona.rawValue
        channel = Self.word(dimensions.channel)
    }

    private static func word(_ text: String) -> String {
        text.utf8.count <= longestWord ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(longestWord)))
    }

    fileprivate var words: [String] { [detail, category, severity, language, persona, channel] }
}

/// Byte by byte, as the database compares: Swift takes two spellings of one letter for the same.
extension MetricLabels: Hashable, Comparable {
    public static func == (a: MetricLabels, b: MetricLabels) -> Bool {
        a.tier == b.tier && zip(a.words, b.words).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(tier)
        for word in words {
            var word = word
            word.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
            hasher.combine(0 as UInt8)
        }
    }

    public static func < (a: MetricLabels, b: MetricLabels) -> Bool {
        for (x, y) in zip(a.words, b.words) where !x.utf8.elementsEqual(y.utf8) { return x.utf8.lexicographicallyPrecedes(y.utf8) }
        return a.tier < b.tier
    }
}

/// The lengths of time that rollups sum over.
public enum MetricGrain: String, Sendable, CaseIterable {
    case minute, hour, day

    var seconds: Int64 {
        switch self {
        case .minute: 60
        case .hour: 3600
        case .day: 86_400
        }
    }

    /// Where the minute, hour or day (UTC) of an instant begins.
    /// - Parameter microseconds: since 1970, not before it.
    public func bucket(of microseconds: Int64) -> Date {
        let whole = microseconds / 1_000_000
        return Date(timeIntervalSince1970: Double(whole - whole % seconds))
    }
}

/// Measurements of one name and one set of labels within one minute, hour or day, summed.
public struct MetricRollup: Sendable, Hashable {
    /// What it is the sum of.
    public struct Key: Sendable, Hashable, Comparable {
        public var grain: MetricGrain
        public var name: String
        public var bucket: Date
        public var labels: MetricLabels

        public init(grain: MetricGrain, name: String, bucket: Date, labels: MetricLabels) {
            self.grain = grain
            self.name = name
            self.bucket = bucket
            self.labels = labels
        }

        public static func < (a: Key, b: Key) -> Bool {
            if a.grain != b.grain { return a.grain.seconds < b.grain.seconds }
            // Names are ASCII by rule.
            if a.name != b.name { return a.name < b.name }
            if a.bucket != b.bucket { return a.bucket < b.bucket }
            return a.labels < b.labels
        }
    }

    public var key: Key
    public var count: Int
    public var sum: Double
    public var min: Double
    public var max: Double

    public init(_ key: Key, count: Int, sum: Double, min: Double, max: Double) {
        self.key = key
        self.count = count
        self.sum = sum
        self.min = min
        self.max = max
    }
}

/// What the Metrics stage may do inside its transaction.
public protocol MetricsTransaction {
    /// Files facts, all of an event or none.
    /// - Returns: the events whose facts were not filed before.
    func file(_ facts: [MetricFact]) throws -> Set<UUID>

    /// Adds to the rollups.
    /// - Parameters:
    ///   - rollups: sorted by key, each key once: whoever adds locks rows in this order.
    ///   - shards: over how many rows one key may be spread.
    func add(_ rollups: [MetricRollup], shards: Int) throws
}
