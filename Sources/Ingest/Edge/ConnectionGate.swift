import Synchronization

/// How many connections each address has open. Bounded by the connections that the server accepts in all.
final class ConnectionGate: Sendable {
    private let limit: Int
    private let proxies: TrustedProxies
    private let state = Mutex((open: [ClientAddress: Int](), refused: 0))

    /// - Parameters:
    ///   - limit: connections of one address at most.
    ///   - proxies: those that bring many clients, and are not limited.
    init(limit: Int, proxies: TrustedProxies) {
        self.limit = limit
        self.proxies = proxies
    }

    /// Takes a place; false when the address has none left. Every place taken is given back with `leave`.
    func enter(_ peer: ClientAddress) -> Bool {
        guard !proxies.trusts(peer) else { return true }
        return state.withLock { state in
            let open = state.open[peer.client, default: 0]
            guard open < limit else {
                state.refused += 1
                return false
            }
            state.open[peer.client] = open + 1
            return true
        }
    }

    func leave(_ peer: ClientAddress) {
        guard !proxies.trusts(peer) else { return }
        state.withLock { state in
            guard let open = state.open[peer.client] else { return }
            state.open[peer.client] = open > 1 ? open - 1 : nil
        }
    }

    /// Connections that were hung up on at once.
    var refused: Int { state.withLock { $0.refused } }
}
