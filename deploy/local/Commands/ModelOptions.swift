import ArgumentParser
import Foundation

/// The language model of a stack as options.
struct ModelOptions: ParsableArguments {
    @Option(
        name: .customLong("llm"),
        help: ArgumentHelp(
            "Enrich tickets with a language model: 'scripted' for a pretended one on this machine, or the address of any endpoint that speaks OpenAI's chat completions, up to /v1. Its key comes from LLM_API_KEY.",
            valueName: "scripted|url"))
    var address: String?
    @Option(name: .customLong("llm-model"), help: "The model's name as the endpoint knows it.")
    var name: String?

    func validate() throws {
        guard let address else {
            if name != nil { throw ValidationError("--llm-model: expected --llm with it, found none") }
            return
        }
        if address == "scripted" { return }
        guard let url = URL(string: address), ["http", "https"].contains(url.scheme), url.host?.isEmpty == false else {
            throw ValidationError("--llm: expected 'scripted' or an http or https address, found '\(address)'")
        }
        guard name?.isEmpty == false else { throw ValidationError("--llm: expected --llm-model with an address, found none") }
    }

    func choice(in environment: [String: String]) -> ModelChoice? {
        switch address {
        case nil: nil
        case "scripted": .scripted
        case let url?: .endpoint(url: url, model: name ?? "", key: environment["LLM_API_KEY"].flatMap { $0.isEmpty ? nil : $0 })
        }
    }
}
