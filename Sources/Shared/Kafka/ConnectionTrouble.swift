import CRDKafka
import Synchronization

/// What a client hears of its connections. The library repeats itself with every attempt to connect; a person wants to read it once,
/// and whoever fails meanwhile wants to know the cause rather than that time is up.
final class ConnectionTrouble: Sendable {
    private struct State {
        /// When each error was last heard of, by its code. As many as the library has codes.
        var heard: [String: ContinuousClock.Instant] = [:]
        var cause: (error: KafkaError, at: ContinuousClock.Instant)?
    }

    /// The library reports an error that goes on at least every 30 s; after a longer silence it is a new one.
    private static let silence = Duration.seconds(120)
    private let state = Mutex(State())

    /// Notes an error and answers whether it is news.
    func hear(_ error: KafkaError, at now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            // That no broker is left follows from what happened to each of them.
            if error.code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.name { state.cause = (error, now) }
            defer { state.heard[error.code] = now }
            return state.heard[error.code].map { now - $0 > Self.silence } ?? true
        }
    }

    /// The brokers answered.
    func end() {
        state.withLock { $0 = State() }
    }

    /// The reason behind an error that only says that no answer came.
    func cause(of error: KafkaError, at now: ContinuousClock.Instant = .now) -> KafkaError {
        guard error.isRetriable, let (cause, heard) = state.withLock({ $0.cause }), now - heard < Self.silence else { return error }
        return KafkaError(
            code: cause.code, subject: error.subject, detail: cause.detail, isRetriable: cause.isRetriable, isFatal: cause.isFatal)
    }
}

extension KafkaError {
    /// What the library reports of a connection, in its words, with what to do about it.
    init(connection code: rd_kafka_resp_err_t, _ words: String, isFatal: Bool = false) {
        // Refusals within TLS that the library takes for a lost connection: of a client's certificate with TLS 1.3, at times of the broker's.
        let code = code == RD_KAFKA_RESP_ERR__TRANSPORT && words.contains("SSL routines") ? RD_KAFKA_RESP_ERR__SSL : code
        self.init(
            code: code.name, detail: Self.remedy(code.name).map { "\(words); \($0)" } ?? words, isRetriable: code.isRetriable, isFatal: isFatal)
    }

    /// A broker was reached and this client is not let in. It goes on trying: the broker's side may be put right.
    public var isRefusal: Bool { Self.remedy(code) != nil }

    /// In words of ours, for `/readyz`: what keeps the process from its brokers and which settings to check.
    public var readiness: String {
        switch code {
        case "_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM", "ILLEGAL_SASL_STATE":
            "Kafka refuses the credentials; \(Self.remedy(code) ?? "")"
        case "_SSL": "there is no TLS connection to Kafka; \(Self.remedy(code) ?? "")"
        case "_RESOLVE": "the name of a Kafka broker cannot be resolved; check kafka.brokers"
        case "UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC": "topic \(subject ?? "-") does not exist"
        case "TOPIC_AUTHORIZATION_FAILED": "Kafka grants no access to topic \(subject ?? "-")"
        default: "Kafka is unreachable"
        }
    }

    private static func remedy(_ code: String) -> String? {
        switch code {
        case "_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM", "ILLEGAL_SASL_STATE":
            "check sasl.mechanism, sasl.username and sasl.password in kafka.properties"
        case "_SSL":
            """
            check security.protocol and ssl.ca.location in kafka.properties: the file must hold the authority that signed the brokers' \
            certificates, and these must name the hosts in kafka.brokers; where the cluster asks for a client's certificate, also \
            ssl.certificate.location and ssl.key.location
            """
        default: nil
        }
    }
}
