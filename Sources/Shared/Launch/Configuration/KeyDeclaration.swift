import Configuration

/// What the loader and the help need of a key, whatever its type.
public protocol DeclaredKey: Sendable {
    var declaration: KeyDeclaration { get }
}

/// A key without its static type.
public struct KeyDeclaration: Sendable {
    enum Presence: Sendable {
        case required
        case optional
        case defaulted(any Sendable, text: String)
    }

    public let name: String
    public let document: String
    let type: ErasedType
    let presence: Presence
    public let isSecret: Bool
    let group: KeyGroup?

    init(
        name: String, document: String, type: ErasedType, presence: Presence, isSecret: Bool, group: KeyGroup? = nil
    ) {
        precondition(
            !name.isEmpty && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 46 || $0 == 45 },
            "setting \"\(name)\": expected lower-case words joined by dots or dashes, so that each spelling follows from it")
        self.name = name
        self.document = document
        self.type = type
        self.presence = presence
        self.isSecret = isSecret
        self.group = group
    }

    /// As an argument: `--http-port`.
    public var argument: String {
        "--" + (group?.argument ?? name.spelt(with: "-"))
    }

    /// As an environment variable: `HTTP_PORT`. For a group, the prefix of its entries' variables.
    public var environment: String {
        guard let group else { return name.spelt(with: "_").uppercased() }
        return group.argument.spelt(with: "_").uppercased() + "_"
    }
}

/// What makes a key a group of entries.
struct KeyGroup: Sendable {
    let argument: String
    let reserved: [String: String]

    /// Entries whose names say that they hold a secret.
    static func isSecret(_ entry: String) -> Bool {
        ["password", "secret", "token", "credential", "jaas", "oauthbearer.config", ".pem", "private"]
            .contains { entry.lowercased().contains($0) }
    }
}

/// A type's face towards the loader.
struct ErasedType: Sendable {
    let expected: String
    let placeholder: String
    let isFlag: Bool
    let isList: Bool
    let parse: @Sendable ([String]) -> (any Sendable)?
    let content: @Sendable (any Sendable) -> ConfigContent?

    static let entries = ErasedType(
        expected: "entries", placeholder: "NAME=VALUE", isFlag: false, isList: true, parse: { _ in nil },
        content: { _ in nil })
}

extension String {
    /// The key's parts joined by `separator`.
    func spelt(with separator: Character) -> String {
        String(map { $0 == "." || $0 == "-" || $0 == "_" ? separator : $0 })
    }
}
