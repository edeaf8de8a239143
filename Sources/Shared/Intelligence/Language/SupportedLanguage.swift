/// The languages in which rules, guardrails, templates and wording exist. A ticket in another one goes to a human.
public enum SupportedLanguage {
    /// ISO 639-1 codes.
    public static let codes = ["en", "de", "es", "fr", "pt", "it"]

    public static func contains(_ code: String) -> Bool { codes.contains(code) }
}
