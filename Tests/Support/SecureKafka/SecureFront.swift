import Faults
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A TLS and SASL listener before each broker of an embedded cluster, which itself speaks neither: it ends TLS, lets in who knows the
/// password (mechanism PLAIN), and passes on everything else.
public final class SecureFront: Sendable {
    /// Who is let in, and how those are answered who are not.
    public struct Credentials: Sendable {
        public var user: String
        public var password: String

        public init(user: String, password: String) {
            self.user = user
            self.password = password
        }
    }

    /// What else it wants of a connection.
    public struct Demands: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// No TLS newer than 1.2; without it 1.3 is taken.
        public static let tls12 = Demands(rawValue: 1)
        /// A client's certificate, signed by the authority.
        public static let clientCertificate = Demands(rawValue: 2)

        fileprivate func configuration(_ certificates: TestCertificates) throws -> TLSConfiguration {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificates.broker.certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: certificates.broker.key, format: .pem)))
            configuration.minimumTLSVersion = contains(.tls12) ? .tlsv12 : .tlsv13
            configuration.maximumTLSVersion = configuration.minimumTLSVersion
            if contains(.clientCertificate) {
                configuration.certificateVerification = .noHostnameVerification
                configuration.trustRoots = .file(certificates.authority)
            }
            return configuration
        }
    }

    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>
    typealias Listener = NIOAsyncChannel<any Channel, Never>

    /// What clients take as their broker list.
    public let bootstrapServers: String
    private let door: Door
    private let serving: Task<Void, Never>

    /// Listens on ports of its own before it returns.
    /// - Parameter brokers: the embedded cluster's own list, `127.0.0.1:port,...`.
    public init(before brokers: String, certificates: TestCertificates, credentials: Credentials, demands: Demands = []) async throws {
        let tls = try NIOSSLContext(configuration: demands.configuration(certificates))
        var listeners: [(broker: UInt16, listener: Listener)] = []
        for broker in brokers.split(separator: ",") {
            guard let port = broker.split(separator: ":").last.flatMap({ UInt16($0) }) else { throw NotKafka(what: "the broker list \(brokers)") }
            listeners.append((port, try await Self.listen(tls)))
        }
        let ports = listeners.map { ($0.broker, UInt16($0.listener.channel.localAddress?.port ?? 0)) }
        bootstrapServers = ports.map { "127.0.0.1:\($0.1)" }.joined(separator: ",")
        let (door, all) = (Door(credentials), listeners)
        self.door = door
        let answers = KafkaAnswers(ports: Dictionary(uniqueKeysWithValues: ports), offersSASL: true)
        serving = Task {
            await withDiscardingTaskGroup { group in
                for (broker, listener) in all {
                    group.addTask { await Self.serve(listener, broker: broker, answers, door) }
                }
            }
        }
    }

    deinit { serving.cancel() }

    /// Lets in others than before from now on. Connections that are open stay so.
    public func accept(_ new: Credentials) { door.accept(new) }

    /// How many connections were made, with TLS or without; how many were let in, and how many with the wrong password.
    public var connections: Int { door.counts.connections }
    public var authenticated: Int { door.counts.authenticated }
    public var refused: Int { door.counts.refused }

    /// Ends every connection and stops listening.
    public func stop() async {
        serving.cancel()
        await serving.value
    }

    // MARK: - Connections

    private static func listen(_ tls: NIOSSLContext) async throws -> Listener {
        // A client that comes while the front stops is dropped: so it is no asynchronous channel yet, which traps when nobody takes it over,
        // and is not read before somebody does.
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup).childChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    return channel
                }
            }
    }

    private static func connection(_ channel: any Channel) throws -> Connection {
        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(KafkaFrameDecoder()))
        return try Connection(wrappingChannelSynchronously: channel)
    }

    private static func serve(
        _ listener: Listener, broker: UInt16, _ answers: KafkaAnswers, _ door: Door
    ) async {
        // Whatever ends one connection, a client that hangs up or a handshake that fails, concerns no other.
        try? await listener.executeThenClose { clients in
            await withDiscardingTaskGroup { group in
                do {
                    for try await client in clients {
                        group.addTask { try? await serve(client, broker: broker, answers, door) }
                    }
                } catch {}
                group.cancelAll()
            }
        }
    }

    private static func serve(
        _ channel: any Channel, broker: UInt16, _ answers: KafkaAnswers, _ door: Door
    ) async throws {
        door.knock()
        let client = try await channel.eventLoop.submit { try connection(channel) }.get()
        try await client.executeThenClose { requests, toClient in
            try await channel.setOption(.autoRead, value: true).get()
            let backend = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: Int(broker)) { channel in
                    channel.eventLoop.makeCompletedFuture { try connection(channel) }
                }
            try await backend.executeThenClose { brokerAnswers, toBroker in
                let pending = PendingRequests()
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        for try await answer in brokerAnswers {
                            guard let request = pending.take(answer) else { continue }
                            try await toClient.write(answers.passedOn(answer, to: request).framed)
                        }
                    }
                    group.addTask {
                        var gate = Gate()
                        for try await request in requests {
                            var body = request
                            let header = try KafkaRequestHeader(reading: &body)
                            switch gate.decide(header, body, door) {
                            case .pass:
                                pending.add(header)
                                try await toBroker.write(request.framed)
                            case .answer(let answer): try await toClient.write(answer.framed)
                            case .answerAndHangUp(let answer):
                                try await toClient.write(answer.framed)
                                return
                            case .hangUp: return
                            }
                        }
                    }
                    // Either side's end is the other's.
                    try await group.next()
                    group.cancelAll()
                }
            }
        }
    }
}

/// Knows who is let in, and counts.
private final class Door: Sendable {
    private struct State {
        var credentials: SecureFront.Credentials
        var counts = Counts()
    }

    struct Counts {
        var connections = 0
        var authenticated = 0
        var refused = 0
    }

    private let state: Mutex<State>

    init(_ credentials: SecureFront.Credentials) { state = Mutex(State(credentials: credentials)) }

    func accept(_ new: SecureFront.Credentials) { state.withLock { $0.credentials = new } }

    func lets(in user: String, _ password: String) -> Bool {
        state.withLock { state in
            let isRight = state.credentials.user == user && state.credentials.password == password
            if isRight { state.counts.authenticated += 1 } else { state.counts.refused += 1 }
            return isRight
        }
    }

    func knock() { state.withLock { $0.counts.connections += 1 } }

    var counts: Counts { state.withLock { $0.counts } }
}

/// The requests whose answers are awaited, by correlation.
private final class PendingRequests: Sendable {
    private let headers = Mutex<[Int32: KafkaRequestHeader]>([:])

    func add(_ header: KafkaRequestHeader) { headers.withLock { $0[header.correlation] = header } }

    func take(_ answer: ByteBuffer) -> KafkaRequestHeader? {
        guard let correlation = answer.getInteger(at: answer.readerIndex, as: Int32.self) else { return nil }
        return headers.withLock { $0.removeValue(forKey: correlation) }
    }
}

/// What one connection may do, in the order in which Kafka lets it. Source: the Kafka protocol guide, "SASL Authentication Sequence".
private struct Gate {
    enum Decision {
        case pass
        case answer(ByteBuffer)
        case answerAndHangUp(ByteBuffer)
        case hangUp
    }

    private static let unsupportedMechanism: Int16 = 33
    private static let illegalState: Int16 = 34
    private static let unsupportedVersion: Int16 = 35
    private static let authenticationFailed: Int16 = 58

    private var knowsMechanism = false
    private var isOpen = false

    mutating func decide(_ request: KafkaRequestHeader, _ body: ByteBuffer, _ door: Door) -> Decision {
        var body = body
        var answer = request.answer
        switch request.key {
        case KafkaRequestHeader.Key.apiVersions where request.version > 2:
            // The client asks again with version 0, whose answer is simple to change (KIP-511).
            answer.writeMultipleIntegers(Self.unsupportedVersion, Int32(0))
            return .answer(answer)
        case KafkaRequestHeader.Key.apiVersions: return .pass
        case KafkaRequestHeader.Key.saslHandshake:
            knowsMechanism = body.readText() == "PLAIN"
            answer.writeInteger(knowsMechanism ? Int16(0) : Self.unsupportedMechanism)
            answer.writeInteger(Int32(1))
            answer.writeText("PLAIN")
            return .answer(answer)
        case KafkaRequestHeader.Key.saslAuthenticate:
            guard knowsMechanism else {
                return .answerAndHangUp(refusal(answer, Self.illegalState, "SaslHandshake comes first"))
            }
            // An identity to act for, the user and the password, each ended by a zero. Source: RFC 4616.
            let length = Int(body.readInteger(as: Int32.self) ?? 0)
            let parts = (body.readString(length: length) ?? "").split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, door.lets(in: parts[1], parts[2]) else {
                // As indiscreet as a broker may be.
                return .answerAndHangUp(
                    refusal(answer, Self.authenticationFailed, "Authentication failed: \(parts.dropFirst().joined(separator: "/"))"))
            }
            isOpen = true
            answer.writeMultipleIntegers(Int16(0), Int16(-1), Int32(0))
            return .answer(answer)
        default: return isOpen ? .pass : .hangUp
        }
    }

    private func refusal(_ answer: ByteBuffer, _ code: Int16, _ words: String) -> ByteBuffer {
        var answer = answer
        answer.writeInteger(code)
        answer.writeText(words)
        answer.writeInteger(Int32(0))
        return answer
    }
}

extension ByteBuffer {
    /// A text with its length in 16 bits.
    fileprivate mutating func writeText(_ text: String) {
        writeInteger(Int16(text.utf8.count))
        writeString(text)
    }

    fileprivate mutating func readText() -> String? {
        readInteger(as: Int16.self).flatMap { readString(length: Int($0)) }
    }
}
