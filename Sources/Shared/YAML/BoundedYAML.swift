public import Yams

/// Reads YAML that somebody else wrote: what Yams does, without what a few lines can make of aliases.
///
/// A dozen anchors, each naming the one before nine times, stand for more nodes than a machine can visit; Yams visits them when such a
/// node is a key, our readers when it is a mapping.
public enum BoundedYAML {
    /// Aliases in one document at most. So few cannot stand for more than some ten thousand nodes, however they are nested.
    public static let mostAliases = 24

    /// The root of the only document in `text`, nil when there is none.
    public static func compose(_ text: String) throws(NotYAML) -> Node? {
        let aliases = aliasLines(in: text)
        if aliases.count > mostAliases {
            throw NotYAML(
                line: aliases[mostAliases],
                problem: "\(aliases.count) aliases (*name), more than \(mostAliases); write the values out")
        }
        do {
            return try Yams.compose(yaml: text)
        } catch {
            throw NotYAML(error, in: text)
        }
    }

    /// The lines of what may be aliases: `*name` where `&name` stands somewhere too. Counts some in quotes and comments; nobody writes so many.
    private static func aliasLines(in text: String) -> [Int] {
        var anchors: Set<[UInt8]> = []
        var aliases: [(name: [UInt8], line: Int)] = []
        var line = 1
        var mark: (isAlias: Bool, name: [UInt8])?
        func end() {
            guard let (isAlias, name) = mark, !name.isEmpty else { return }
            if isAlias { aliases.append((name, line)) } else { anchors.insert(name) }
        }
        for byte in text.utf8 {
            if mark != nil, isName(byte) {
                mark?.name.append(byte)
                continue
            }
            end()
            mark = byte == UInt8(ascii: "*") ? (true, []) : byte == UInt8(ascii: "&") ? (false, []) : nil
            if byte == 10 { line += 1 }
        }
        end()
        return aliases.filter { anchors.contains($0.name) }.map(\.line)
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case 45, 48...57, 65...90, 95, 97...122, 0x80...: true
        default: false
        }
    }
}
