import Intelligence
import Knowledge
import Logging
import Observability
import ServiceLifecycle
import Stores
import WorkerLaunch

/// Keeps the process on the active library: loads it, and again whenever another version becomes active.
///
/// Until the first load succeeded the process is not ready and decides nothing: an answer from no articles would be wrong for good. Later
/// failures change nothing but the log: the articles in memory are whole.
struct KnowledgeReload: Service {
    let store: KnowledgeStore
    let knowledge: ActiveKnowledge
    let health: HealthComponent
    let logger: Logger
    var interval: Duration = .seconds(5)
    var retryInterval: Duration = .seconds(1)

    init(store: KnowledgeStore, knowledge: ActiveKnowledge, health: HealthState, logger: Logger) {
        self.store = store
        self.knowledge = knowledge
        self.health = health.component("knowledge base")
        self.logger = logger
    }

    /// The one of a worker process.
    init(_ process: WorkerProcess, _ knowledge: ActiveKnowledge) {
        self.init(store: KnowledgeStore(process.pool), knowledge: knowledge, health: process.health, logger: process.logger)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // What was said last, so that a failure that stays is told once.
            var complaint: String?
            while !Task.isCancelled {
                do {
                    try await reload()
                    if complaint != nil { logger.notice("knowledge base is read again") }
                    complaint = nil
                } catch is CancellationError {
                    break
                } catch {
                    if complaint != "\(error)" { logger.error("knowledge base not read", metadata: ["error": "\(error)"]) }
                    complaint = "\(error)"
                    if knowledge.answerer == nil { health.notReady("the knowledge base is not read yet") }
                }
                try? await Task.sleep(for: knowledge.answerer == nil ? retryInterval : interval)
            }
        }
    }

    /// Loads the active library, unless it is the one in memory.
    func reload() async throws {
        let current = knowledge.answerer
        guard let version = try await store.activeVersion() else {
            if current == nil {
                logger.warning(
                    "no knowledge base: every ticket is classified and none answered; run `classifier-worker kb sync` to store the articles")
                knowledge.use(TicketAnswerer(library: nil))
                health.ready()
            }
            return
        }
        guard current?.library?.version != version else { return }
        guard let active = try await store.active() else { return }
        let library = try ArticleLibrary.load(files: active.articles.map { ArticleFile(name: $0.fileName, text: $0.text) })
        guard library.version == active.version else { throw LibraryDiffers(stored: active.version, read: library.version) }
        knowledge.use(TicketAnswerer(library: library))
        health.ready()
        logger.info(
            "knowledge base is loaded",
            metadata: ["library": "\(library.version)", "articles": "\(library.articles.count)", "chunks": "\(library.chunks.count)"])
    }
}

/// The stored articles are not those of the version they are stored under.
struct LibraryDiffers: Error, CustomStringConvertible {
    let stored: String
    let read: String

    var description: String {
        "library_differs: expected the articles of library \(stored), found those of \(read); run `classifier-worker kb sync` again"
    }
}
