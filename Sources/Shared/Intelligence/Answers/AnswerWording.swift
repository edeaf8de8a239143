/// The sentences around an answer, in each supported language.
///
/// They stand in code, side by side: the compiler sees that none lacks one, tests read every one of them, and no configuration can make
/// them promise what nobody keeps. None names a time. None may read, when it comes back as a quotation in a reply, as "I tried and it
/// failed", or as something that a guardrail refuses.
public struct AnswerWording: Sendable, Hashable {
    /// The language of the articles.
    public static let articleLanguage = "en"

    /// Before the articles' own words.
    public var introduction: String
    /// After them: what happens when they do not help.
    public var closing: String
    /// No article covers the question.
    public var notCovered: String
    /// A guardrail refuses the request.
    public var refused: String

    /// Nil for a language that is not supported.
    public static func of(_ language: String) -> AnswerWording? { byLanguage[language] }

    static let byLanguage = ["en": english, "de": german, "es": spanish, "fr": french, "pt": portuguese, "it": italian]

    static let english = AnswerWording(
        introduction: "This is what the help desk's articles say about it, word for word:",
        closing:
            "If this leaves the problem as it is, reply here and say what you did and what you saw. After two failures the ticket goes to a support engineer.",
        notCovered: "The knowledge base has no article that covers your question. A person will look at your ticket and reply here.",
        refused:
            "The help desk does not carry out this request. It concerns the platform's security or other people's work, and these rules have no exceptions. "
            + "A person has been told and sees your ticket. If you meant something else, reply here and describe what you want to achieve.")

    static let german = AnswerWording(
        introduction: "Das sagen die Artikel der Wissensdatenbank dazu, Wort für Wort. Es gibt sie nur auf Englisch:",
        closing:
            "Bleibt das Problem danach bestehen, antworten Sie hier und beschreiben Sie, was Sie getan und gesehen haben. Nach zwei Fehlschlägen geht das Ticket an den technischen Support.",
        notCovered: "Die Wissensdatenbank enthält keinen Artikel zu Ihrer Frage. Ein Mensch sieht sich Ihr Ticket an und antwortet hier.",
        refused:
            "Der Helpdesk führt diese Anfrage nicht aus. Sie betrifft die Sicherheit der Plattform oder die Arbeit anderer, und diese Regeln kennen keine Ausnahme. "
            + "Ein Mensch ist informiert und sieht Ihr Ticket. Falls Sie etwas anderes gemeint haben, antworten Sie hier und beschreiben Sie, was Sie erreichen möchten."
    )

    static let spanish = AnswerWording(
        introduction: "Esto es lo que dicen al respecto los artículos de la base de conocimiento, palabra por palabra. Solo existen en inglés:",
        closing:
            "Si el problema no desaparece, responda aquí e indique qué pasos dio y qué vio. Tras dos fallos, el ticket pasa a un ingeniero de soporte.",
        notCovered: "La base de conocimiento no tiene ningún artículo que cubra su pregunta. Una persona revisará su ticket y le responderá aquí.",
        refused:
            "El servicio de ayuda no realiza esta solicitud. Afecta a la seguridad de la plataforma o al trabajo de otras personas, y estas reglas no tienen excepciones. "
            + "Se ha avisado a una persona, que ve su ticket. Si quería decir otra cosa, responda aquí y describa qué desea conseguir.")

    static let french = AnswerWording(
        introduction: "Voici ce qu'en disent les articles de la base de connaissances, mot pour mot. Ils n'existent qu'en anglais :",
        closing:
            "Si le problème demeure, répondez ici en indiquant les étapes réalisées et ce que vous avez vu. Après deux échecs, le ticket passe à un ingénieur support.",
        notCovered:
            "La base de connaissances ne contient aucun article qui réponde à votre question. Une personne examinera votre ticket et répondra ici.",
        refused:
            "Le service d'assistance n'exécute pas cette demande. Elle touche à la sécurité de la plateforme ou au travail d'autres personnes, et ces règles sont sans exception. "
            + "Une personne a été prévenue et voit votre ticket. Si vous vouliez dire autre chose, répondez ici et décrivez ce que vous souhaitez obtenir."
    )

    static let portuguese = AnswerWording(
        introduction: "Isto é o que os artigos da base de conhecimento dizem sobre o assunto, palavra por palavra. Só existem em inglês:",
        closing:
            "Se o problema permanecer, responda aqui e diga que passos deu e o que viu. Após duas falhas, o ticket passa para um engenheiro de suporte.",
        notCovered: "A base de conhecimento não tem nenhum artigo que cubra a sua pergunta. Uma pessoa vai ver o seu ticket e responder aqui.",
        refused:
            "O serviço de apoio não executa este pedido. Ele diz respeito à segurança da plataforma ou ao trabalho de outras pessoas, e estas regras não têm exceções. "
            + "Uma pessoa foi avisada e vê o seu ticket. Se queria dizer outra coisa, responda aqui e descreva o que pretende alcançar.")

    static let italian = AnswerWording(
        introduction: "Ecco che cosa ne dicono gli articoli della base di conoscenza, parola per parola. Esistono solo in inglese:",
        closing:
            "Se il problema resta, risponda qui indicando i passaggi svolti e che cosa ha visto. Dopo due insuccessi il ticket passa a un tecnico di supporto.",
        notCovered:
            "La base di conoscenza non contiene alcun articolo che risponda alla sua domanda. Una persona esaminerà il suo ticket e risponderà qui.",
        refused:
            "Il servizio di assistenza non esegue questa richiesta. Riguarda la sicurezza della piattaforma o il lavoro di altre persone, e queste regole non hanno eccezioni. "
            + "Una persona è stata avvisata e vede il suo ticket. Se intendeva altro, risponda qui e descriva che cosa desidera ottenere.")
}
