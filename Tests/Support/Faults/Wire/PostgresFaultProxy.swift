import NIOCore

/// When a COMMIT is cut. Whoever sent it learns in no case what became of it.
public enum CommitCut: Sendable, Hashable, CaseIterable {
    /// It never reaches the server: rolled back.
    case beforeArrival
    /// It reaches the server together with the end of the connection: either may be seen first.
    case onArrival
    /// The server has committed; its answer is lost.
    case beforeAnswer
}

/// A fault proxy before a PostgreSQL server that knows a COMMIT when it passes. It sees nothing of a connection under TLS.
public final class PostgresFaultProxy: Sendable {
    /// The wire itself.
    public let wire: FaultProxy

    /// Listens before it returns.
    public init(before server: WireEndpoint, at endpoint: WireEndpoint = .loopback(port: 0)) async throws {
        wire = try await FaultProxy(before: server, at: endpoint) { PostgresSpeech() }
    }

    /// Cuts the connections of the next COMMITs, whosever they are.
    public func cutCommits(_ cut: CommitCut, next count: Int) { wire.rules.cutCommits(cut, next: count) }
}

/// PostgreSQL's messages on one connection. Source: PostgreSQL 15, "Frontend/Backend Protocol", message formats.
private struct PostgresSpeech: WireSpeech {
    /// What stands in place of a version in the first message.
    private enum Code {
        static let gssEncryption: Int32 = 80_877_104
        static let encryption: Int32 = 80_877_103
        static let cancel: Int32 = 80_877_102
    }

    private static let limit = 1 << 30

    private var unread: [WireDirection: ByteBuffer] = [:]
    /// Until the client has said who it is, its messages have no type.
    private var hasStarted = false
    /// Answers of one byte that are due.
    private var encryptionAnswers = 0
    private var isUnreadable = false

    mutating func read(_ bytes: ByteBuffer, _ direction: WireDirection, _ rules: WireRules) throws -> [Passage] {
        guard !isUnreadable else { return [Passage(bytes: bytes)] }
        var buffer = unread.removeValue(forKey: direction) ?? ByteBuffer()
        buffer.writeImmutableBuffer(bytes)
        var passages: [Passage] = []
        // What means nothing to us goes on in one piece.
        var plain = ByteBuffer()
        func flush() {
            if plain.readableBytes > 0 { passages.append(Passage(bytes: plain)) }
            plain = ByteBuffer()
        }
        while let message = try next(&buffer, direction) {
            switch cut(message, direction, rules) {
            case nil: plain.writeImmutableBuffer(message)
            case .onArrival:
                flush()
                passages.append(Passage(bytes: message, cuts: true))
            case .beforeArrival, .beforeAnswer:
                flush()
                passages.append(Passage(bytes: nil, cuts: true))
            }
            if isUnreadable {
                plain.writeImmutableBuffer(buffer)
                buffer.clear()
            }
        }
        flush()
        buffer.discardReadBytes()
        unread[direction] = buffer
        return passages
    }

    private mutating func next(_ buffer: inout ByteBuffer, _ direction: WireDirection) throws -> ByteBuffer? {
        if direction == .toServer, !hasStarted {
            guard let length = try length(buffer, at: 0), buffer.readableBytes >= length,
                let code = buffer.getInteger(at: buffer.readerIndex + 4, as: Int32.self)
            else { return nil }
            switch code {
            case Code.encryption, Code.gssEncryption: encryptionAnswers += 1
            default: hasStarted = true
            }
            return buffer.readSlice(length: length)
        }
        if direction == .toClient, encryptionAnswers > 0 {
            guard let answer = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return nil }
            encryptionAnswers -= 1
            if answer != UInt8(ascii: "N") { isUnreadable = true }
            return buffer.readSlice(length: 1)
        }
        guard let length = try length(buffer, at: 1), buffer.readableBytes >= 1 + length else { return nil }
        return buffer.readSlice(length: 1 + length)
    }

    private func length(_ buffer: ByteBuffer, at offset: Int) throws -> Int? {
        guard let length = buffer.getInteger(at: buffer.readerIndex + offset, as: Int32.self) else { return nil }
        guard (4...Self.limit).contains(Int(length)) else { throw NotPostgres(length: Int(length)) }
        return Int(length)
    }

    private func cut(_ message: ByteBuffer, _ direction: WireDirection, _ rules: WireRules) -> CommitCut? {
        let isCommit = message.readableBytesView.dropFirst(5).starts(with: "COMMIT".utf8)
        guard isCommit, let type = message.getInteger(at: message.readerIndex, as: UInt8.self) else { return nil }
        switch (direction, type) {
        case (.toServer, UInt8(ascii: "Q")):
            return [.beforeArrival, .onArrival].first { rules.takesCommit($0) }
        case (.toClient, UInt8(ascii: "C")):
            return rules.takesCommit(.beforeAnswer) ? .beforeAnswer : nil
        default: return nil
        }
    }
}

struct NotPostgres: Error {
    let length: Int
}
