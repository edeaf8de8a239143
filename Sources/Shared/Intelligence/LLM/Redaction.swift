/// Takes secrets and personal data out of a text before it leaves the system. What is taken out cannot be put back: nothing remembers it.
///
/// Reads through full-width forms, accents and invisible characters. Linear in the text's length. Names of people cannot be recognised by
/// their form; those that are known are given as `known`.
public struct Redaction: Sendable, Hashable {
    /// What stands in the text instead.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case secret, token, email, phone, card, address, name

        var placeholder: String { "[\(rawValue)]" }
    }

    public struct Result: Sendable, Hashable {
        public var text: String
        /// How many passages were replaced, by kind.
        public var counts: [Kind: Int]
    }

    /// Whether IPv4 addresses are taken out too. They often matter for an answer.
    public var hidesAddresses: Bool
    /// Texts that are taken out wherever they stand, whatever the case: the requester's name, id and e-mail address. At most 16 count, and
    /// only from three characters on.
    public var known: [String]

    public init(hidesAddresses: Bool = false, known: [String] = []) {
        self.hidesAddresses = hidesAddresses
        self.known = known
    }

    public func callAsFunction(_ text: String) -> Result {
        let plain = PlainText(text)
        var found: [Passage] = plain.keyBlocks() + plain.userInfos() + plain.namedSecrets() + plain.tokens() + plain.emails()
        found += plain.numbers(hidesAddresses: hidesAddresses)
        for literal in known.prefix(16) { found += plain.occurrences(of: literal) }
        return plain.replacing(found)
    }

    /// A passage to take out, as places in `PlainText.scalars`.
    struct Passage: Hashable {
        var range: Range<Int>
        var kind: Kind
    }
}
