/// A topic's partition: the unit in which a log is ordered, assigned and acknowledged.
public struct TopicPartition: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let topic: String
    public let partition: Int32

    public init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    public var description: String { "\(topic)[\(partition)]" }

    public static func < (a: TopicPartition, b: TopicPartition) -> Bool {
        (a.topic, a.partition) < (b.topic, b.partition)
    }
}

/// Where a record stands in a log.
public struct RecordPlace: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let partition: TopicPartition
    public let offset: Int64

    public init(partition: TopicPartition, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }

    public var description: String { "\(partition)@\(offset)" }

    public static func < (a: RecordPlace, b: RecordPlace) -> Bool { (a.partition, a.offset) < (b.partition, b.offset) }
}

/// One header of a record. Names may repeat; a value may be absent, which differs from empty.
public struct RecordHeader: Hashable, Sendable {
    public let name: String
    public let value: [UInt8]?

    public init(_ name: String, _ value: [UInt8]?) {
        self.name = name
        self.value = value
    }

    public init(_ name: String, _ value: String) {
        self.init(name, Array(value.utf8))
    }
}

extension [RecordHeader] {
    /// The last value under `name` as UTF-8 text; nil when it is absent, null or not UTF-8.
    public subscript(text name: String) -> String? {
        guard let value = last(where: { $0.name == name })?.value else { return nil }
        return String(validating: value, as: UTF8.self)
    }
}

/// A record as it was read from a log.
public struct Record: Sendable, Equatable {
    public let source: TopicPartition
    public let offset: Int64
    /// The log's timestamp in milliseconds since 1970, nil when it keeps none.
    public let timestamp: Int64?
    public let key: [UInt8]?
    /// The payload; nil is a null payload (a tombstone), which differs from an empty one.
    public let value: [UInt8]?
    public let headers: [RecordHeader]
    /// The assignment under which it was delivered. An offset of another generation is not stored.
    public let generation: Int

    public init(
        source: TopicPartition, offset: Int64, timestamp: Int64?, key: [UInt8]?, value: [UInt8]?,
        headers: [RecordHeader] = [], generation: Int
    ) {
        self.source = source
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
        self.headers = headers
        self.generation = generation
    }

    public var place: RecordPlace { RecordPlace(partition: source, offset: offset) }

    /// Bytes held in memory for it, roughly: what bounds count.
    public var byteCount: Int {
        headers.reduce((key?.count ?? 0) + (value?.count ?? 0) + 128) {
            $0 + $1.name.utf8.count + ($1.value?.count ?? 0)
        }
    }
}

/// A record to be appended to a topic. The partition follows from the key and is never set by hand.
public struct OutgoingRecord: Sendable, Equatable {
    public var topic: String
    public var key: [UInt8]?
    public var value: [UInt8]?
    public var headers: [RecordHeader]

    public init(topic: String, key: [UInt8]?, value: [UInt8]?, headers: [RecordHeader] = []) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
    }
}
