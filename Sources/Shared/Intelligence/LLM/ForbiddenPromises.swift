/// Wording by which an answer claims to have acted for the help desk, or promises something. The model can do neither.
///
/// Read in all supported languages at once; in doubt it counts. What a cited section says in the same words is excused.
struct ForbiddenPromises {
    private let excused: [UInt8]

    init(excused text: String) {
        excused = NormalisedText(text).folded
    }

    func occur(in text: String) -> Bool {
        // The patterns give the first match of each; an excused one must not hide the next.
        for sentence in text.split(whereSeparator: { ".!?\n".contains($0) }) {
            let normalised = NormalisedText(String(sentence))
            for match in Self.patterns.matches(in: normalised) {
                let range = Int(normalised.tokens[match.firstToken].start)..<Int(normalised.tokens[match.lastToken].end)
                if !isExcused(normalised.folded[range]) { return true }
            }
        }
        return false
    }

    private func isExcused(_ words: ArraySlice<UInt8>) -> Bool {
        guard let first = words.first, words.count <= excused.count else { return false }
        return (0...(excused.count - words.count)).contains {
            excused[$0] == first && excused[$0..<($0 + words.count)].elementsEqual(words)
        }
    }

    private static let patterns: PatternSet = {
        var set = PatternSet()
        for (number, groups) in wording.enumerated() {
            do throws(PatternSet.TermError) {
                try set.add(Pattern(all: groups, within: 8, isOrdered: false, unless: []), owner: number)
            } catch {
                // The terms are the constants below, which the tests compile.
                preconditionFailure("ForbiddenPromises.wording: expected \(error.expected)")
            }
        }
        return set
    }()

    private static let wording: [[[String]]] = [
        // English
        [
            ["i have", "we have", "i've", "we've", "has been", "have been", "is now", "was", "i will", "we will", "i'll", "we'll", "will be"],
            ["close", "closed", "closing"], ["ticket*", "case", "request", "incident"]
        ],
        [
            ["i have", "we have", "i've", "we've", "has been", "have been", "you now have", "will be", "i will", "we will", "i'll", "we'll"],
            ["grant*", "given you", "unlocked", "approved", "refund*", "whitelisted"]
        ],
        [
            ["i have", "we have", "i've", "we've", "i just", "i will", "we will", "i'll", "we'll"],
            ["reset", "restor*", "restarted", "recover*", "escalat*", "deleted", "created", "fixed", "changed", "assigned", "forwarded", "extended"]
        ],
        [
            [
                "i promise", "we promise", "guarantee*", "i assure", "we assure", "rest assured", "will definitely", "will be restored",
                "will be recovered"
            ]
        ],
        // German
        [
            ["ich habe", "wir haben", "habe ich", "haben wir", "wurde", "wurden", "worden", "ich werde", "wir werden", "ist nun", "ist jetzt"],
            [
                "geschlossen", "schliessen", "freigeschaltet", "freischalten", "gewährt", "erteilt", "zurückgesetzt", "wiederhergestellt",
                "wiederherstellen", "eskaliert", "freigegeben", "genehmigt", "entsperrt"
            ]
        ],
        [["garantier*", "verspreche", "versprechen", "versprochen", "zugesichert", "sichere ihnen"]],
        // Spanish
        [
            ["he", "hemos", "ha sido", "han sido", "fue", "se ha", "voy a", "vamos a", "será"],
            ["cerrado", "cerrar", "concedido", "otorgado", "restablecido", "restaurado", "escalado", "recuperado", "desbloqueado", "aprobado"]
        ],
        [["garantizo", "garantizamos", "garantizado", "prometo", "prometemos", "le aseguro", "te aseguro", "aseguramos"]],
        // French
        [
            ["j'ai", "nous avons", "a été", "ont été", "est maintenant", "je vais", "nous allons", "sera"],
            ["fermé", "fermer", "clôturé", "clôturer", "accordé*", "réinitialisé*", "restauré*", "escaladé", "récupéré*", "débloqué*", "approuvé*"]
        ],
        [["je garantis", "nous garantissons", "garanti", "je promets", "nous promettons", "vous assure", "vous assurons"]],
        // Portuguese
        [["fechei", "encerrei", "fechamos", "encerramos", "concedi", "concedemos", "redefini", "restaurei", "escalei", "desbloqueei", "liberei"]],
        [
            ["foi", "foram", "vou", "vamos", "iremos", "será"],
            ["fechado", "encerrado", "fechar", "encerrar", "concedido", "redefinida", "restaurado*", "liberado", "desbloqueada", "recuperado*"]
        ],
        [["garanto", "garantimos", "garantido", "prometo que", "prometemos", "asseguramos"]],
        // Italian
        [
            ["ho", "abbiamo", "è stato", "è stata", "sono stati", "verrà", "sarà"],
            ["chiuso", "chiusa", "concesso", "concessa", "reimpostat*", "ripristinat*", "recuperat*", "sbloccat*", "inoltrat*", "approvat*"]
        ],
        [["garantisco", "garantiamo", "garantito", "prometto", "promettiamo", "le assicuro", "ti assicuro", "assicuriamo"]]
    ]
}
