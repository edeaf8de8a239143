import Foundation

/// What a stack left behind that ended without a farewell: processes, a cluster, a state file.
struct Leftovers: Sendable {
    let directory: LocalDirectory

    /// Clears them. The caller holds the directory's lock, so whoever wrote the state is gone.
    func clear(_ say: @Sendable (String) -> Void) async {
        if let state = StackState.read(directory) {
            say("found the state of a stack that ended without saying so; clearing it")
            var children: [ProcessIdentity: (name: String, stopSignal: Int32)] = [:]
            for row in state.processes {
                if let identity = row.identity { children[identity] = (row.name, row.name == "postgres" ? SIGINT : SIGTERM) }
            }
            await Watchdog(stack: state.stack).end(children)
        }
        if let cluster = try? FileManager.default.destinationOfSymbolicLink(atPath: directory.cluster) {
            PrivateCluster.remove(cluster)
            unlink(directory.cluster)
        }
        unlink(directory.state)
        for kind in WorkerKind.allCases { unlink(directory.scale(kind)) }
    }
}
