package import NIOCore

/// Cuts a connection's bytes into Kafka's messages, without the length before them.
package struct KafkaFrameDecoder: NIOSingleStepByteToMessageDecoder {
    package typealias InboundOut = ByteBuffer
    /// More than any request or answer in a test.
    static let limit = 64 << 20

    package init() {}

    package mutating func decode(buffer: inout ByteBuffer) throws -> ByteBuffer? {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: Int32.self) else { return nil }
        guard (0...Self.limit).contains(Int(length)) else { throw NotKafka(what: "a message of \(length) bytes") }
        guard buffer.readableBytes >= 4 + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 4)
        return buffer.readSlice(length: Int(length))
    }

    package mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> ByteBuffer? {
        try decode(buffer: &buffer)
    }
}

extension ByteBuffer {
    /// The message with its length before it.
    package var framed: ByteBuffer {
        var frame = ByteBuffer()
        frame.reserveCapacity(4 + readableBytes)
        frame.writeInteger(Int32(readableBytes))
        frame.writeImmutableBuffer(self)
        return frame
    }
}

/// What stands before every request. Source: the Kafka protocol guide, "Request Header v1"; later versions only append to it.
package struct KafkaRequestHeader: Sendable {
    /// The requests that the fronts look at. Source: the Kafka protocol guide, "API keys".
    package enum Key {
        package static let produce: Int16 = 0
        package static let offsetFetch: Int16 = 9
        package static let metadata: Int16 = 3
        package static let findCoordinator: Int16 = 10
        package static let saslHandshake: Int16 = 17
        package static let apiVersions: Int16 = 18
        package static let saslAuthenticate: Int16 = 36
    }

    package let key: Int16
    package let version: Int16
    package let correlation: Int32

    /// Reads it and leaves the request's body.
    package init(reading request: inout ByteBuffer) throws {
        guard let key = request.readInteger(as: Int16.self), let version = request.readInteger(as: Int16.self),
            let correlation = request.readInteger(as: Int32.self), let clientLength = request.readInteger(as: Int16.self),
            clientLength <= 0 || request.readSlice(length: Int(clientLength)) != nil
        else { throw NotKafka(what: "a request without a whole header") }
        self.key = key
        self.version = version
        self.correlation = correlation
    }

    /// An answer to it, up to its body.
    package var answer: ByteBuffer { ByteBuffer(integer: correlation) }
}

package struct NotKafka: Error {
    package let what: String

    package init(what: String) { self.what = what }
}

/// The changes that a front makes to the brokers' answers.
package struct KafkaAnswers: Sendable {
    /// The brokers' ports and those of their fronts.
    let ports: [UInt16: UInt16]
    /// Whether clients are told that they may authenticate.
    let offersSASL: Bool

    package init(ports: [UInt16: UInt16], offersSASL: Bool) {
        self.ports = ports
        self.offersSASL = offersSASL
    }

    /// An answer as the front passes it on.
    package func passedOn(_ answer: ByteBuffer, to request: KafkaRequestHeader) -> ByteBuffer {
        switch request.key {
        case KafkaRequestHeader.Key.apiVersions: offersSASL ? withSASL(answer) : answer
        case KafkaRequestHeader.Key.metadata, KafkaRequestHeader.Key.findCoordinator: withPortsOfFronts(answer)
        default: answer
        }
    }

    /// Adds SaslHandshake 0...1 and SaslAuthenticate 0 to ApiVersions of version 0 to 2: correlation, error, count, (key, least, most)...
    private func withSASL(_ answer: ByteBuffer) -> ByteBuffer {
        var rest = answer
        guard let correlation = rest.readInteger(as: Int32.self), let error = rest.readInteger(as: Int16.self), error == 0,
            let count = rest.readInteger(as: Int32.self), let present = rest.readSlice(length: 6 * Int(count))
        else { return answer }
        var changed = ByteBuffer(integer: correlation)
        changed.writeInteger(error)
        changed.writeInteger(count + 2)
        changed.writeImmutableBuffer(present)
        for (key, most) in [(KafkaRequestHeader.Key.saslHandshake, 1), (KafkaRequestHeader.Key.saslAuthenticate, 0)] as [(Int16, Int16)] {
            changed.writeMultipleIntegers(key, Int16(0), most)
        }
        changed.writeImmutableBuffer(rest)
        return changed
    }

    /// Puts a front's port wherever a host 127.0.0.1 stands before a broker's port.
    private func withPortsOfFronts(_ answer: ByteBuffer) -> ByteBuffer {
        var bytes = Array(answer.readableBytesView)
        let host = Array("127.0.0.1".utf8)
        var index = 0
        while index + host.count + 4 <= bytes.count {
            let end = index + host.count
            let port = bytes[end..<end + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            if bytes[index..<end].elementsEqual(host), let front = UInt16(exactly: port).flatMap({ ports[$0] }) {
                bytes.replaceSubrange(end..<end + 4, with: [0, 0, UInt8(front >> 8), UInt8(front & 255)])
                index = end + 4
            } else {
                index += 1
            }
        }
        return ByteBuffer(bytes: bytes)
    }
}
