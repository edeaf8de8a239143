import CPostgres

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Owns one `PGconn`. Not Sendable: libpq allows one thread at a time.
final class ConnectionHandle {
    let pointer: OpaquePointer
    private var isGivenUp = false

    /// Connects and waits for it; bounded by `connect_timeout` among the parameters.
    /// - Throws: `PostgresError` of kind `connection`.
    init(parameters: [(name: String, value: String)]) throws(PostgresError) {
        let names = CStringList(parameters.map(\.name))
        let values = CStringList(parameters.map(\.value))
        guard let pointer = PQconnectdbParams(names.pointers, values.pointers, 0) else {
            throw .connection("out of memory while connecting")
        }
        self.pointer = pointer
        guard PQstatus(pointer) == CONNECTION_OK else {
            // All fields are set, so that throwing runs `deinit`, which frees it.
            throw .connection(String(cString: PQerrorMessage(pointer)).trimmed)
        }
        // Without a receiver libpq writes notices to standard error.
        _ = PQsetNoticeReceiver(pointer, { _, _ in }, nil)
    }

    deinit {
        PQfinish(pointer)
    }

    var isBroken: Bool { isGivenUp || PQstatus(pointer) != CONNECTION_OK }

    /// Makes it count as broken, so that its owner closes it.
    func giveUp() { isGivenUp = true }

    var transactionStatus: PGTransactionStatusType { PQtransactionStatus(pointer) }
    var backendProcess: Int32 { PQbackendPID(pointer) }
    var lastError: String { String(cString: PQerrorMessage(pointer)).trimmed }

    /// Whether an idle connection still stands, as far as the socket tells without a round trip. A server that went away or
    /// threw us out has said so there.
    func seemsAlive() -> Bool {
        // The farewell message and the end of the stream arrive in two reads.
        for _ in 0..<4 {
            guard !isBroken else { return false }
            guard waitReadable(milliseconds: 0) else { return true }
            guard PQconsumeInput(pointer) == 1 else { return false }
            _ = PQisBusy(pointer)
        }
        return !isBroken
    }

    /// Waits until the server sent something.
    func waitReadable(milliseconds: Int32, or other: Int32? = nil) -> Bool {
        var descriptors = [pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)]
        if let other { descriptors.append(pollfd(fd: other, events: Int16(POLLIN), revents: 0)) }
        return poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0
    }

    /// Waits for what was sent: the first failure, else the last result. `PQexec` would give the last in any case, and after
    /// a server's farewell that is a bare "connection lost" without the SQLSTATE.
    /// - Parameter isSent: what the `PQsend` function returned.
    /// - Throws: `PostgresError` of kind `connection` when there is no result at all.
    func finish(_ isSent: Int32) throws(PostgresError) -> ResultHandle {
        guard isSent == 1 else { throw .connection(lastError) }
        var kept: ResultHandle?
        while let result = PQgetResult(pointer).map(ResultHandle.init) {
            switch result.status {
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                // It would be given again and again.
                return result
            default:
                if kept?.status != PGRES_FATAL_ERROR { kept = result }
            }
        }
        guard let kept else { throw .connection(lastError) }
        return kept
    }
}

/// A null-terminated array of C strings for the length of its life.
private final class CStringList {
    private var storage: [UnsafeMutablePointer<CChar>?]
    let pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>

    init(_ strings: [String]) {
        storage = strings.map { strdup($0) }
        pointers = .allocate(capacity: strings.count + 1)
        for (index, string) in storage.enumerated() { (pointers + index).initialize(to: string.map { UnsafePointer($0) }) }
        (pointers + strings.count).initialize(to: nil)
    }

    deinit {
        pointers.deallocate()
        for string in storage { free(string) }
    }
}
