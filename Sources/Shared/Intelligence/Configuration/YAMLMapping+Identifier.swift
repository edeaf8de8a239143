import YAML

extension YAMLMapping {
    /// A text of small letters, digits, `-` and `_` that no other entry has; `taken` holds the line of each one seen.
    func identifier(_ name: String, taken: inout [String: Int]) -> String? {
        guard let id = string(name) else { return nil }
        let isPlain = id.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        if !isPlain {
            report(.invalid, at: name, expected: "small letters, digits, `-` and `_`", found: "`\(id.shown())`")
            return nil
        }
        if let line = taken[id] {
            report(.duplicate, at: name, expected: "an id of its own", found: "`\(id.shown())`, which line \(line) has")
            return nil
        }
        taken[id] = line(of: name)
        return id
    }
}
