public import ArgumentParser
public import Foundation

/// What every command takes: `--config` and, left to the loader, every setting as `--name value`.
///
/// ```swift
/// struct Serve: AsyncParsableCommand {
///     @OptionGroup var options: CommonOptions
///     func run() async throws {
///         let configuration = try options.load(keys: Serve.keys)
///     }
/// }
/// ```
public struct CommonOptions: ParsableArguments {
    @Option(name: .customLong("config"), help: ArgumentHelp("YAML file with settings. [HELPDESK_CONFIG]", valueName: "path"))
    public var file: String?

    @Argument(
        parsing: .allUnrecognized, help: ArgumentHelp("Settings, written --name value.", valueName: "setting"))
    public var settings: [String] = []

    public init() {}

    /// The settings from all layers; see ``LaunchConfiguration/load(arguments:environment:file:keys:tolerated:)``.
    public func load(
        keys: [any DeclaredKey], tolerated: [any DeclaredKey] = [],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ConfigurationError) -> LaunchConfiguration {
        try LaunchConfiguration.load(
            arguments: settings, environment: environment, file: file, keys: keys, tolerated: tolerated)
    }
}
