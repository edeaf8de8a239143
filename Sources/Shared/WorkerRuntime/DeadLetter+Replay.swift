public import Messaging

extension DeadLetter {
    /// Why a dead letter cannot be sent back.
    public enum ReplayRefusal: Error, Sendable, CustomStringConvertible {
        case truncated(bytes: String)
        case noOrigin

        public var description: String {
            switch self {
            case .truncated(let bytes):
                "the payload was cut from \(bytes) bytes when it died; publish the original again from its source"
            case .noOrigin: "the record names no original topic, so it is no dead letter of ours"
            }
        }
    }

    /// The record to send back to where the letter came from: original bytes, key and headers, and the name of the inbox row that lets it in.
    public static func replay(of letter: Record) throws(ReplayRefusal) -> OutgoingRecord {
        if let bytes = letter.headers[text: "dlq-truncated-from"] { throw .truncated(bytes: bytes) }
        guard let topic = letter.headers[text: "dlq-topic"], let id = letter.headers[text: eventIDHeader] else { throw .noOrigin }
        return OutgoingRecord(
            topic: topic, key: letter.key, value: letter.value,
            headers: letter.headers.filter { !$0.name.hasPrefix("dlq-") } + [RecordHeader(eventIDHeader, id)])
    }
}
