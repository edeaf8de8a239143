/// Words that say nothing about the subject of a question: articles, pronouns, auxiliaries, politeness, in the supported languages.
///
/// A word that means something in another supported language or in the articles stays out of the list.
enum StopWords {
    static func contains(_ word: String) -> Bool { all.contains(word) }

    private static let all: Set<String> = Set(
        (english + german + spanish + french + portuguese + italian).split { $0 == " " || $0 == "\n" }.map(String.init))

    private static let english = """
        a about after again all also am an and any are as at be because been before being but by can cannot could did do does doing
        done each either else ever every for from get gets getting got had has have having he hello help her here hers hi him his how i
        if in into is it its itself just let like made make makes many may me might mine more most much must my myself near neither no
        nor not now of off ok on once one only or other our ours out over own please really said same say says see she should since so
        some still such tell than thank thanks that the their theirs them then there these they thing things this those though through
        to too try trying tried under until up upon us use used using very want wanted wants was way we well were what when where
        whether which while who whom mean means meaning several yesterday today tomorrow morning noon afternoon evening
        week day days regards whose why will with within without would yet you your yours yourself don doesn didn isn aren
        wasn weren hasn haven hadn won wouldn couldn shouldn ll ve re dear anyone anybody someone somebody something anything
        possible happen happens happened keep keeps kept need needs needed know think going go goes come comes able always never
        """
    private static let german = """
        aber als am an auch auf aus bei beim bin bis bitte da damit dann das dass dein dem den denn der des die dies diese diesem diesen
        dieser dieses doch dort du durch ein eine einem einen einer eines er es etwas euch euer fur gegen gibt hab habe haben hallo hat
        hatte hier ich ihm ihn ihnen ihr ihre im immer in ins ist ja jede jedem jeden jeder jedes jetzt kann kannst kein keine keinen
        konnen konnte mal man mehr mein meine meinem meinen meiner meines mich mir mit muss mussen nach nicht nichts noch nun nur ob oder
        ohne schon sehr sein seine seit selbst sich sie sind so soll sollte sondern standig tun uber um und uns unser unsere
        unter viel vom von vor wann war warum was wegen weil welche welcher wenn wer werde werden wie wieder will wir wird wo worden
        wurde zu zum zur zwischen sofort danke guten tag hilfe brauche mache macht machen gemacht lassen geht
        """
    private static let spanish = """
        al algo alguien ante antes aqui asi aun aunque ayuda buenos cada como con cual cuando cuanto de del desde donde dos el ella
        ellos en entonces entre era eres es esa ese eso esta estaba estan estar estas este esto estos estoy fue gracias ha hace hacer
        hacia hago han hasta hay he hola la las le les lo los mas me mi mis mucho muy nada ni no nos nosotros nuestra nuestro o para
        pero por porque puede pueden puedo que quien quiero se sea segun ser si sido siempre sin sobre son soy su sus tambien tan te
        tengo ti tiene todo todos tu tus un una uno unos usted va vez ya yo favor necesito dias
        """
    private static let french = """
        afin ai ainsi alors apres au aucun aussi autre aux avais avait avant avec avez avoir avons bonjour car ce ceci cela ces cet cette
        chaque chez ci comme comment dans de depuis des deux dois doit donc du elle elles en encore est et etaient etait etes etre eu
        faire fait faut fois ici il ils je jusqu la le les leur leurs lors lorsque lui ma mais me meme merci mes moi mon ne ni nos
        notre nous on ont ou par parce pas peu peut peux plait plus pour pourquoi pouvez puis quand que quel quelle quelles quels qui
        quoi sa sans se sera ses si sinon soit son sont sous suis sur ta te tes toi ton toujours tous tout toute toutes tres tu un une
        vais vers veux voici vos votre vous y besoin aide sil
        """
    private static let portuguese = """
        a ainda algo alguem antes ao aos apos aqui as assim ate cada com como da das de dela dele deles depois do dos e ela elas ele
        eles em enquanto entao entre era essa esse esta estao estar estava este estou eu faz fazer foi for ha isso isto ja la lhe mais
        mas me mesmo meu meus minha minhas muito na nao nas nem no nos nossa nosso num numa o obrigado obrigada ola onde os ou para
        pela pelo pode podem posso pois por porque pra preciso quais qual quando que quem quero sao se sem sempre ser seu seus so sou
        sua suas tambem te tem tenho ter teu tudo um uma voce voces bom dia ajuda favor
        """
    private static let italian = """
        a ad ai al alla alle allo anche ancora avere aveva che chi ci cio come con cosa cosi cui da dal dalla dalle dei del della delle
        dello dentro di dopo dove e ecco ed era essere fa fare fatto fra gia gli grazie ha hai hanno ho i il in io la le lei li lo loro
        lui ma me mi mia mie miei mio molto ne nei nel nella nelle niente no noi non nostra nostro o ogni per perche piu poi
        posso possono prima puo qual quale quali quando quanto quella quelle quello questa queste questi questo qui se sei sempre senza
        si sia siamo siete solo sono sta stato su sua sue sugli sul sulla suo suoi tra tu tua tuo tutti tutto un una uno vi voi ciao
        salve aiuto bisogno favore vorrei volta
        """
}
