import Configuration

/// How the text of a setting becomes a value, and how to say what is expected of it.
public struct ConfigurationType<Value: Sendable>: Sendable {
    let expected: String
    let placeholder: String
    let isFlag: Bool
    let isList: Bool
    let parse: @Sendable ([String]) -> Value?
    let format: @Sendable (Value) -> String
    let content: @Sendable (Value) -> ConfigContent

    init(
        expected: String, placeholder: String, isFlag: Bool = false, isList: Bool = false,
        parse: @escaping @Sendable ([String]) -> Value?, format: @escaping @Sendable (Value) -> String,
        content: @escaping @Sendable (Value) -> ConfigContent
    ) {
        self.expected = expected
        self.placeholder = placeholder
        self.isFlag = isFlag
        self.isList = isList
        self.parse = parse
        self.format = format
        self.content = content
    }

    /// A type of one plain value.
    init(
        expected: String, placeholder: String, isFlag: Bool = false, one: @escaping @Sendable (String) -> Value?,
        format: @escaping @Sendable (Value) -> String, content: @escaping @Sendable (Value) -> ConfigContent
    ) {
        self.init(
            expected: expected, placeholder: placeholder, isFlag: isFlag,
            parse: { texts in texts.count == 1 ? one(texts[0]) : nil }, format: format, content: content)
    }

    /// A type of one's own.
    /// - Parameters:
    ///   - expected: Completes "expected ...", for example `a time zone such as Europe/Berlin`.
    ///   - placeholder: The value's name in help, upper case.
    ///   - parse: Nil refuses the text.
    public static func custom(
        expected: String, placeholder: String, format: @escaping @Sendable (Value) -> String = { "\($0)" },
        parse: @escaping @Sendable (String) -> Value?
    ) -> ConfigurationType {
        ConfigurationType(
            expected: expected, placeholder: placeholder, one: parse, format: format, content: { .string(format($0)) })
    }

    var erased: ErasedType {
        ErasedType(
            expected: expected, placeholder: placeholder, isFlag: isFlag, isList: isList, parse: parse,
            content: { ($0 as? Value).map(content) })
    }
}

extension ConfigurationType<String> {
    /// Any text but an empty one.
    public static var text: ConfigurationType {
        ConfigurationType(
            expected: "text that is not empty", placeholder: "TEXT", one: { $0.isEmpty ? nil : $0 }, format: { $0 },
            content: { .string($0) })
    }
}

extension ConfigurationType<[String]> {
    /// Texts separated by commas, or a YAML sequence, or the argument repeated. Blank ones are dropped.
    public static var list: ConfigurationType {
        ConfigurationType(
            expected: "texts separated by commas", placeholder: "TEXT,..", isList: true,
            parse: { texts in texts.flatMap { $0.split(separator: ",") }.map(\.trimmed).filter { !$0.isEmpty } },
            format: { $0.joined(separator: ",") }, content: { .stringArray($0) })
    }
}

extension ConfigurationType {
    /// Several values of one's own, separated by commas, or a YAML sequence, or the argument repeated.
    /// - Parameters:
    ///   - expected: Completes "expected ...", for example `origins such as https://desk.example.org`.
    ///   - parse: Nil refuses the text of one value, and with it the setting.
    public static func list<Element: Sendable>(
        expected: String, placeholder: String, format: @escaping @Sendable (Element) -> String = { "\($0)" },
        parse: @escaping @Sendable (String) -> Element?
    ) -> ConfigurationType where Value == [Element] {
        ConfigurationType(
            expected: expected, placeholder: placeholder + ",..", isList: true,
            parse: { texts in
                let words = texts.flatMap { $0.split(separator: ",") }.map(\.trimmed).filter { !$0.isEmpty }
                let values = words.compactMap(parse)
                return values.count == words.count ? values : nil
            },
            format: { $0.map(format).joined(separator: ",") }, content: { .stringArray($0.map(format)) })
    }
}

extension ConfigurationType<Bool> {
    /// True or false. As an argument alone it means true, and `--no-name` means false.
    public static var flag: ConfigurationType {
        ConfigurationType(
            expected: "true or false", placeholder: "BOOL", isFlag: true,
            one: { text in
                switch text.lowercased() {
                case "true", "yes", "on", "1": true
                case "false", "no", "off", "0": false
                default: nil
                }
            },
            format: { $0 ? "true" : "false" }, content: { .bool($0) })
    }
}

extension ConfigurationType<Int> {
    /// A whole number within a range.
    public static func int(_ range: ClosedRange<Int> = .min ... .max) -> ConfigurationType {
        ConfigurationType(
            expected: range == .min ... .max ? "a whole number" : "a whole number \(range.words(unbounded: .max) { "\($0)" })",
            placeholder: "N", one: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } },
            format: { String($0) }, content: { .int($0) })
    }

    /// A number of bytes, with a unit of KiB, MiB or GiB if wanted.
    public static func bytes(_ range: ClosedRange<Int> = 0 ... .max) -> ConfigurationType {
        ConfigurationType(
            expected: "a size such as 512KiB or 16MiB \(range.words(unbounded: .max, ByteCountText.format))", placeholder: "SIZE",
            one: { text in ByteCountText.parse(text).flatMap { range.contains($0) ? $0 : nil } },
            format: ByteCountText.format, content: { .int($0) })
    }
}

extension ConfigurationType<Double> {
    /// A number within a range.
    public static func number(_ range: ClosedRange<Double>) -> ConfigurationType {
        ConfigurationType(
            expected: "a number \(range.words(unbounded: .infinity) { "\($0)" })", placeholder: "X",
            one: { text in Double(text).flatMap { range.contains($0) ? $0 : nil } }, format: { "\($0)" },
            content: { .double($0) })
    }
}

extension ConfigurationType<Duration> {
    /// A duration with its unit: ms, s, m, h or d.
    public static func duration(_ range: ClosedRange<Duration>) -> ConfigurationType {
        ConfigurationType(
            expected: "a duration such as 250ms, 30s or 5m \(range.words(unbounded: .seconds(Int64.max), DurationText.format))",
            placeholder: "TIME", one: { text in DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil } },
            format: DurationText.format, content: { .string(DurationText.format($0)) })
    }
}

extension ConfigurationType where Value: CaseIterable & RawRepresentable<String> {
    /// One of an enum's raw values.
    public static func choice(_ type: Value.Type = Value.self) -> ConfigurationType {
        let names = type.allCases.map(\.rawValue)
        return ConfigurationType(
            expected: "one of \(names.joined(separator: ", "))", placeholder: names.joined(separator: "|"),
            one: { Value(rawValue: $0) }, format: \.rawValue, content: { .string($0.rawValue) })
    }
}

extension ClosedRange {
    /// The range in words. `unbounded` is the upper bound that means none.
    fileprivate func words(unbounded: Bound, _ format: (Bound) -> String) -> String {
        upperBound == unbounded
            ? "of at least \(format(lowerBound))" : "from \(format(lowerBound)) to \(format(upperBound))"
    }
}
