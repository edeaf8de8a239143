/// What one source of settings says, before it is understood.
struct ConfigurationLayer: Sendable {
    struct RawValue: Sendable {
        var texts: [String]
        let origin: ConfigurationOrigin
    }

    let name: String
    var values: [String: RawValue] = [:]
    /// Entries of groups, by the group's name.
    var entries: [String: [String: RawValue]] = [:]
    var problems: [ConfigurationError.Problem] = []

    init(name: String) {
        self.name = name
    }

    mutating func unknown(
        _ key: String, _ origin: ConfigurationOrigin, what: String, candidates: [String], otherwise: String
    ) {
        let advice = Spelling.nearest(to: key, among: candidates).map { "Did you mean \($0)?" } ?? otherwise
        let name = SafeText.name(key)
        problems.append(.init(code: .unknown, key: name, origin: origin, message: "\(what) \(name) is unknown", advice: advice))
    }

    mutating func invalid(_ key: String, _ origin: ConfigurationOrigin, _ message: String, _ advice: String) {
        problems.append(.init(code: .invalid, key: key, origin: origin, message: message, advice: advice))
    }
}

/// The keys that a layer knows: those the executable reads, and those that other executables read from the same file.
struct KnownKeys: Sendable {
    let read: [KeyDeclaration]
    let tolerated: [KeyDeclaration]

    var all: [KeyDeclaration] { read + tolerated }

    init(read: [any DeclaredKey], tolerated: [any DeclaredKey]) {
        self.read = read.map(\.declaration)
        let names = Set(self.read.map(\.name))
        self.tolerated = tolerated.map(\.declaration).filter { !names.contains($0.name) }
    }
}
