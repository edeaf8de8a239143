public import Foundation
public import Messaging
import Crypto
import Domain
import Observability

/// A record with its identity, found without decoding the payload: an identity that needed decoding could not be used to dead-letter
/// what traps the decoder.
public struct RawEvent: Sendable {
    public let record: Record
    /// The key in the inbox.
    public let id: UUID
    /// SHA-256 of type and payload, first 16 bytes: tells a redelivery from another event under the same id.
    public let payloadHash: [UInt8]
    public let attributes: CloudEventAttributes

    /// The id of the dead letter when `id` cannot serve, because the record has none that is valid or it belongs to another event.
    public var placeID: UUID {
        .v5(namespace: IDNamespace.deadLetter, record.source.topic, String(record.source.partition), String(record.offset))
    }

    public init(_ record: Record) { self.init(record, parsesEnvelope: true) }

    /// - Parameter parsesEnvelope: false where no parser may run over the payload, because it may be what kills us.
    init(_ record: Record, parsesEnvelope: Bool) {
        self.record = record
        let attributes = CloudEventAttributes(headersOf: record, parsesEnvelope: parsesEnvelope)
        self.attributes = attributes
        var hash = SHA256()
        if let type = attributes.type { hash.update(data: Array(type.utf8)) }
        hash.update(data: [0])
        if let value = record.value { hash.update(data: value) }
        payloadHash = Array(hash.finalize().prefix(16))
        let replayed = record.headers[text: DeadLetter.eventIDHeader].flatMap(UUID.init(uuidString:))
        isReplay = replayed != nil
        if let replayed {
            id = replayed
        } else if let id = attributes.id, let source = attributes.source {
            self.id = .v5(namespace: IDNamespace.event, source, id)
        } else {
            id = .v5(
                namespace: IDNamespace.event,
                parts: [
                    Array(record.source.topic.utf8), Array(String(record.source.partition).utf8), Array(String(record.offset).utf8),
                    Array(String(record.timestamp ?? -1).utf8), payloadHash
                ])
        }
    }

    /// `topic[partition]@offset`.
    public var origin: String { "\(record.place)" }

    /// True for a record that an operator sent back from a dead-letter topic: it names an inbox row.
    public let isReplay: Bool

    /// The end of the year 9999, in milliseconds: producers that count in other units than milliseconds claim later ones.
    private static let latest: Int64 = 253_402_300_799_000

    /// When the log received it: the basis of event time, the same at every delivery. Only a topic with
    /// `message.timestamp.type=LogAppendTime` says so itself; otherwise it is the producer's word.
    public var receivedAt: Date {
        record.timestamp.map { Date(timeIntervalSince1970: Double(min(max($0, 0), Self.latest)) / 1000) } ?? Date()
    }
}

/// The CloudEvents attributes of a record (CloudEvents 1.0, Kafka protocol binding 1.0).
public struct CloudEventAttributes: Sendable {
    public enum Mode: Sendable {
        /// Attributes in `ce_` headers, payload as it is.
        case binary
        /// One JSON envelope around both.
        case structured
        /// No CloudEvents at all.
        case none
    }

    public let mode: Mode
    public let id: String?
    public let source: String?
    public let type: String?
    public let subject: String?
    public let time: String?
    public let traceparent: String?
    public let specVersion: String?

    init(headersOf record: Record, parsesEnvelope: Bool = true) {
        var found: [String: String] = [:]
        var contentType = ""
        var sawHeader = false
        for header in record.headers {
            let name = header.name.lowercased()
            let isAttribute = name.hasPrefix("ce_")
            if isAttribute { sawHeader = true }
            guard isAttribute || name == "traceparent" || name == "content-type",
                let text = header.value.flatMap({ String(validating: $0, as: UTF8.self) }), !text.utf8.contains(0)
            else { continue }
            if name == "content-type" { contentType = text.lowercased() } else { found[name] = text }
        }
        // Copied into what we emit, so only a well-formed one, which is short.
        traceparent = found["traceparent"].flatMap { TraceContext(traceparent: $0)?.traceparent }
        if sawHeader {
            mode = .binary
            id = found["ce_id"].nonEmpty
            source = found["ce_source"].nonEmpty
            type = found["ce_type"].nonEmpty
            subject = found["ce_subject"].nonEmpty
            time = found["ce_time"].nonEmpty
            specVersion = found["ce_specversion"]
        } else if contentType.hasPrefix("application/cloudevents+json") {
            mode = .structured
            let envelope = StructuredEnvelope(parsesEnvelope ? record.value ?? [] : [])
            id = envelope.text("id")
            source = envelope.text("source")
            type = envelope.text("type")
            subject = envelope.text("subject")
            time = envelope.text("time")
            specVersion = envelope.text("specversion")
        } else {
            mode = .none
            id = nil
            source = nil
            type = nil
            subject = nil
            time = nil
            specVersion = nil
        }
    }
}

/// The JSON envelope of structured mode.
struct StructuredEnvelope {
    private let fields: [String: Any]

    init(_ json: [UInt8]) {
        fields = (try? JSONSerialization.jsonObject(with: Data(json))) as? [String: Any] ?? [:]
    }

    func text(_ name: String) -> String? {
        (fields[name] as? String).flatMap { $0.utf8.contains(0) ? nil : $0 }.nonEmpty
    }

    /// The payload, nil when there is none. `data_base64` carries bytes, `data` a JSON value.
    var payload: Data? {
        if let encoded = fields["data_base64"] as? String { return Data(base64Encoded: encoded) }
        guard let data = fields["data"], JSONSerialization.isValidJSONObject(data) else { return nil }
        return try? JSONSerialization.data(withJSONObject: data)
    }
}

extension String? {
    fileprivate var nonEmpty: String? { self?.isEmpty == false ? self : nil }
}
