import Observability
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why a process ends other than cleanly, in a sentence for a person and a code for a script.
public struct ExitReason: Error, Sendable, Hashable, CustomStringConvertible {
    /// Source: sysexits(3); 130 is a shell's word for "ended by SIGINT".
    public enum Code: Int32, Sendable {
        case usage = 64
        /// A file that was given to be checked or used has mistakes.
        case invalid = 65
        case unavailable = 69
        case `internal` = 70
        case interrupted = 130
    }

    public let code: Code
    /// What happened, without a full stop.
    public let message: String
    /// What to do next, as a sentence. May be empty.
    public let advice: String

    public init(_ code: Code, _ message: String, next advice: String = "") {
        self.code = code
        self.message = message
        self.advice = advice
    }

    /// The command line or the settings are wrong.
    public static func usage(_ message: String, next advice: String) -> ExitReason {
        ExitReason(.usage, message, next: advice)
    }

    /// Something that the process needs (a database, a broker, a port) is not there.
    public static func unavailable(_ message: String, next advice: String) -> ExitReason {
        ExitReason(.unavailable, message, next: advice)
    }

    /// A fault of the program.
    public static func `internal`(_ message: String, next advice: String = "") -> ExitReason {
        ExitReason(.internal, message, next: advice)
    }

    public var description: String {
        advice.isEmpty ? message : "\(message). \(advice)"
    }

    /// The reason behind any error: settings end with 64, an address in use with 69, an ``ExitReason`` as it says, the rest with 70.
    public init(_ error: any Error) {
        switch error {
        case let reason as ExitReason: self = reason
        case let error as ConfigurationError: self.init(.usage, error.description)
        case let error as HealthServerError: self.init(.unavailable, "\(error)")
        default: self.init(.internal, "\(error)")
        }
    }

    /// Prints `program: reason` on standard error and ends the process.
    public func exit(program: String = ExitReason.programName) -> Never {
        Self.print("\(program): \(description)\n")
        #if canImport(Glibc)
            Glibc.exit(code.rawValue)
        #elseif canImport(Musl)
            Musl.exit(code.rawValue)
        #else
            Darwin.exit(code.rawValue)
        #endif
    }

    /// Ends the process at once, running no exit handlers: they may wait for what is stuck.
    func exitAtOnce(program: String = ExitReason.programName) -> Never {
        Self.print("\(program): \(description)\n")
        _exit(code.rawValue)
    }

    /// The executable's file name.
    public static var programName: String {
        CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "helpdesk"
    }

    private static func print(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = write(2, rest.baseAddress, rest.count)
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }
}
