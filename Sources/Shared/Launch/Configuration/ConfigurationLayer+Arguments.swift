import YAML

extension ConfigurationLayer {
    /// Reads `--name value`, `--name=value`, `--flag`, `--no-flag` and `--group name=value`. For a key given twice the last one
    /// counts; a list collects.
    init(arguments: [String], keys: KnownKeys) {
        self.init(name: "arguments")
        let byArgument = Dictionary(keys.read.map { ($0.argument, $0) }, uniquingKeysWith: { first, _ in first })
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument != "--" else {
                invalid(
                    argument, .argument(SafeText.shown(argument)), "a value stands where a setting was expected",
                    "Write settings as --name value; --help lists them and the commands.")
                continue
            }
            let name = String(argument.prefix { $0 != "=" })
            let attached = name.count < argument.count ? String(argument.dropFirst(name.count + 1)) : nil
            let origin = ConfigurationOrigin.argument(name)
            if attached == nil, name.hasPrefix("--no-"), let key = byArgument["--" + name.dropFirst(5)], key.type.isFlag {
                values[key.name] = RawValue(texts: ["false"], origin: origin)
                continue
            }
            guard let key = byArgument[name] else {
                // What follows is its value, and nobody's business: it may be a secret under a misspelt name.
                if attached == nil, let next = rest.first, !next.hasPrefix("--") { rest.removeFirst() }
                unknown(
                    name, origin, what: "setting", candidates: Array(byArgument.keys) + ["--config", "--help"],
                    otherwise: "--help lists the settings.")
                continue
            }
            if key.type.isFlag {
                var text = attached
                if text == nil, let next = rest.first, key.type.parse([next]) != nil { text = rest.removeFirst() }
                values[key.name] = RawValue(texts: [text ?? "true"], origin: origin)
                continue
            }
            guard let text = attached ?? (rest.first.map { !$0.hasPrefix("--") } == true ? rest.popFirst() : nil) else {
                invalid(
                    name, origin, "expected \(key.type.expected), got nothing",
                    "Write \(name) \(key.type.placeholder), or \(name)=VALUE when the value begins with --.")
                continue
            }
            take(text, for: key, from: origin)
        }
    }

    private mutating func take(_ text: String, for key: KeyDeclaration, from origin: ConfigurationOrigin) {
        if key.group != nil {
            let name = String(text.prefix { $0 != "=" })
            guard name.count < text.count, !name.trimmed.isEmpty else {
                invalid(
                    key.argument, origin, "expected NAME=VALUE, got an entry without a name or =",
                    "Write for example \(key.argument) security.protocol=ssl.")
                return
            }
            entries[key.name, default: [:]][name.trimmed] = RawValue(
                texts: [String(text.dropFirst(name.count + 1))], origin: .argument("\(key.argument) \(name.trimmed)"))
        } else if key.type.isList {
            values[key.name, default: RawValue(texts: [], origin: origin)].texts.append(text)
        } else {
            values[key.name] = RawValue(texts: [text], origin: origin)
        }
    }
}

/// Moves settings behind everything else, each joined to its value (`--http-port 8080` becomes `--http-port=8080`), so that a
/// command-line parser that does not know them takes no value for an operand of the command, wherever they stand.
func settingsLast(_ arguments: [String], keys: [any DeclaredKey]) -> [String] {
    let byArgument = Dictionary(
        keys.map { ($0.declaration.argument, $0.declaration) }, uniquingKeysWith: { first, _ in first })
    var others: [String] = []
    var settings: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
        if argument == "--" {
            rest.insert(argument, at: rest.startIndex)
            break
        }
        let name = String(argument.prefix { $0 != "=" })
        let negated = name.hasPrefix("--no-") ? byArgument["--" + name.dropFirst(5)] : nil
        if let key = byArgument[name] {
            let takesNext =
                name == argument
                && rest.first.map { next in
                    key.type.isFlag ? key.type.parse([next]) != nil : !next.hasPrefix("--")
                } == true
            settings.append(takesNext ? "\(argument)=\(rest.removeFirst())" : argument)
        } else if negated?.type.isFlag == true {
            settings.append(argument)
        } else {
            others.append(argument)
        }
    }
    return others + settings + rest
}

/// Values and names as errors may show them.
enum SafeText {
    /// A name that could be a setting's; of anything else, which may be a secret that got where a name belongs, only its size.
    static func name(_ text: String) -> String {
        let isName =
            (1...60).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte) || "-_.".utf8.contains(byte)
            }
        return isName ? text : "(a name of \(text.utf8.count) bytes)"
    }

    /// Short and harmless text in quotes; of anything else only its size.
    static func shown(_ text: String) -> String {
        let harmless = text.utf8.count <= 60 && !text.contains("://") && text == text.shown()
        return harmless ? "\"\(text)\"" : "a text of \(text.utf8.count) bytes"
    }
}
