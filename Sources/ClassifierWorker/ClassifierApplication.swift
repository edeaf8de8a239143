import Intelligence
import Launch
import Logging
import ServiceLifecycle
import WorkerLaunch

/// Which stages a process runs. The raw value is the setting's.
enum ClassifierStages: String, CaseIterable, Sendable {
    case all, triage, enrichment
}

/// Puts the process together: the stages that it is to run, and what they share.
struct ClassifierApplication {
    static let stages = ConfigurationKey(
        "worker.stages", .choice(ClassifierStages.self), default: .all,
        "The stages of this process: enrichment may get processes of its own, which scale by themselves.")
    static let keys: [any DeclaredKey] = TriageWorker.keys + [stages] + ModelKeys.all

    let process: WorkerProcess
    let services: [any Service]

    init(_ configuration: LaunchConfiguration, logger: Logger) throws {
        let stages = configuration[Self.stages]
        let model = try ModelKeys.settings(configuration)
        if stages == .enrichment && model == nil {
            throw ExitReason.usage(
                "\(configuration.origin(of: Self.stages)): worker.stages is enrichment and no language model is configured",
                next: "Give --llm-base-url and --llm-model, or leave worker.stages away.")
        }
        let classifier = try TriageWorker.classifier(configuration, logger)
        let process = try WorkerProcess(name: "classifier-worker", configuration, logger: logger)
        let knowledge = ActiveKnowledge()
        var services: [any Service] = [KnowledgeReload(process, knowledge)]
        if stages != .enrichment {
            services += try TriageWorker.services(process, classifier: classifier, knowledge: knowledge, requestsEnrichment: model != nil)
        }
        if stages != .triage, let model {
            services += try EnrichmentWorker.services(
                process, settings: model, classifier: classifier, knowledge: knowledge, isAlone: stages == .enrichment)
        }
        self.process = process
        self.services = services
    }
}
