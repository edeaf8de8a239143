public import Domain
import Foundation

/// Guesses the language of a text: by script where that decides, else by a linear model over letter sequences (`LanguageProfile`).
public struct LanguageIdentifier: Sendable {
    /// Every code that `identify` can answer, besides `und`.
    public static let languages = (LanguageProfile.latin + LanguageProfile.cyrillic + ["ar", "fa", "el", "he", "hi", "th", "ko", "ja", "zh"]).sorted()

    /// Texts with fewer letters than this of an alphabet shared by several languages are not guessed.
    static let fewestLetters = 3
    /// How sharply differences of the model's scores become probabilities: 1 takes them as the model was trained,
    /// and has not been calibrated.
    static let sharpness: Float = 1
    /// Below this probability the answer is `und`.
    static let leastConfidence: Double = 0.2

    /// What is added to the score of the supported languages: most requesters write in one of them, and short texts full of English
    /// terms would else be taken for its neighbours.
    static let supportedBonus: Float = 0.5

    private let profile = LanguageProfile.shipped

    public init() {}

    /// The language of a text; `und` when it has no letters, too few of them, or none of the languages stands out.
    public func identify(_ text: NormalisedText) -> LanguageGuess {
        identify(letters: text.letters)
    }

    func identify(letters: [UInt32]) -> LanguageGuess {
        var counts = [Int](repeating: 0, count: Script.allCases.count)
        var persian = 0
        var total = 0
        for letter in letters where letter != LetterGrams.space {
            counts[Script.of(letter).rawValue] += 1
            total += 1
            switch letter {
            case 0x67E, 0x686, 0x698, 0x6A9, 0x6AF, 0x6CC: persian += 1
            default: break
            }
        }
        if total == 0 { return .undetermined }
        let kana = counts[Script.kana.rawValue]
        let han = counts[Script.han.rawValue]
        // Japanese is written in both.
        if kana > 0, kana + han > counts.max() ?? 0 || kana * 10 >= han, (kana + han) * 2 > total {
            return LanguageGuess(code: "ja", confidence: share(kana + han, total))
        }
        guard let script = Script.allCases.max(by: { counts[$0.rawValue] < counts[$1.rawValue] }) else { return .undetermined }
        let part = share(counts[script.rawValue], total)
        if let language = script.language { return LanguageGuess(code: language, confidence: part) }
        switch script {
        case .arabic:
            return LanguageGuess(code: persian * 12 > counts[script.rawValue] ? "fa" : "ar", confidence: part)
        case .latin, .cyrillic:
            guard total >= Self.fewestLetters else { return .undetermined }
            return guess(letters, among: script == .latin ? profile.latinRange : profile.cyrillicRange, part: part)
        default:
            return .undetermined
        }
    }

    private func share(_ part: Int, _ total: Int) -> Double { Double(part) / Double(total) }

    private func guess(_ letters: [UInt32], among range: Range<Int>, part: Double) -> LanguageGuess {
        var scores = profile.scores(of: letters)
        for language in range where SupportedLanguage.contains(LanguageProfile.languages[language]) {
            scores[language] += Self.supportedBonus
        }
        guard let best = range.max(by: { scores[$0] < scores[$1] }) else { return .undetermined }
        let sum = range.reduce(Float(0)) { $0 + exp((scores[$1] - scores[best]) * Self.sharpness) }
        let confidence = Double(1 / sum) * part
        if confidence < Self.leastConfidence { return .undetermined }
        return LanguageGuess(code: LanguageProfile.languages[best], confidence: confidence)
    }
}
