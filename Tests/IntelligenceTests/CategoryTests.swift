import Domain
import Intelligence
import Testing

/// A clear case of every category in every supported language, in words that the taxonomy's examples do not use one for one.
@Suite struct CategoryTests {
    static let cases: [(category: String, texts: [String])] = [
        (
            "login_redirect_loop",
            [
                "CyberLab keeps redirecting me to the login page in an endless loop",
                "Beim Login werde ich endlos auf die Anmeldeseite weitergeleitet",
                "Al iniciar sesión me redirige sin fin a la página de acceso", "À la connexion je suis redirigé sans fin vers la page de connexion",
                "Ao fazer login sou redirecionado sem fim para a página de login", "Al login vengo reindirizzato all'infinito alla pagina di accesso"
            ]
        ),
        (
            "session_expiry",
            [
                "The session expires a few seconds after login", "Die Sitzung läuft nach wenigen Sekunden ab und ich werde abgemeldet",
                "La sesión caduca a los pocos segundos de entrar", "La session expire quelques secondes après la connexion",
                "A sessão expira poucos segundos depois de entrar", "La sessione scade pochi secondi dopo l'accesso"
            ]
        ),
        (
            "mfa_reset",
            [
                "Please reset my MFA, I got a new phone", "Bitte setzen Sie meine MFA zurück, neues Handy, MFA zurücksetzen",
                "Cambié de teléfono y necesito restablecer la MFA", "J'ai changé de téléphone, merci de réinitialiser la MFA",
                "Troquei de telefone e preciso redefinir o MFA", "Ho cambiato telefono e devo reimpostare la MFA"
            ]
        ),
        (
            "password_reset",
            [
                "I cannot remember my password, how can I reset it", "Ich habe mein Kennwort vergessen und möchte das Passwort ändern",
                "Olvidé la contraseña y no llega el correo", "J'ai oublié le mot de passe et le lien est invalide",
                "Esqueci minha senha e o link é inválido", "Ho dimenticato la mia password, come posso cambiarla"
            ]
        ),
        (
            "account_access",
            [
                "My account is blocked, please unlock it", "Mein Benutzerkonto ist gesperrt, bitte entsperren",
                "Mi cuenta de usuario está bloqueada, desbloqueen la cuenta", "Mon compte utilisateur est verrouillé, merci de le débloquer",
                "A minha conta de usuário está bloqueada", "Il mio account utente è bloccato, vi prego di sbloccarlo"
            ]
        ),
        (
            "clock_drift",
            [
                "The VM clock is wrong, the system time is one hour behind", "Die Uhr der VM geht zehn Minuten falsch",
                "El reloj de la máquina virtual está atrasado", "L'horloge de la machine virtuelle est fausse",
                "O relógio da máquina virtual está atrasado", "L'orologio della macchina virtuale è indietro"
            ]
        ),
        (
            "vm_crash",
            [
                "The lab VM is frozen and does not respond", "Die Labor-VM ist eingefroren und reagiert nicht",
                "La máquina virtual se ha congelado y no responde", "La machine virtuelle est figée et ne répond plus",
                "A máquina virtual congelou e não responde", "La macchina virtuale si è bloccata e non risponde"
            ]
        ),
        (
            "data_recovery",
            [
                "I lost my files after the reset, please restore the snapshot",
                "Meine Dateien sind verschwunden, bitte den Snapshot wiederherstellen",
                "He perdido mis archivos, pueden restaurar la instantánea", "J'ai perdu mes fichiers, pouvez-vous restaurer l'instantané",
                "Perdi os meus arquivos, podem restaurar o snapshot", "Ho perso i miei file, potete ripristinare l'istantanea"
            ]
        ),
        (
            "kernel_panic",
            [
                "The lab machine shows a kernel panic", "Die Labormaschine zeigt eine Kernel Panic", "La máquina muestra un kernel panic",
                "La machine affiche une panique du noyau", "A máquina mostra um pânico do kernel", "La macchina mostra un kernel panic"
            ]
        ),
        (
            "wrong_environment",
            [
                "My lab opens the wrong environment for this module", "Ich bin in der falschen Umgebung für dieses Modul",
                "El módulo abre un entorno incorrecto", "Le module ouvre le mauvais environnement", "O módulo abre o ambiente errado",
                "Il modulo apre l'ambiente sbagliato per il corso"
            ]
        ),
        (
            "container_startup",
            [
                "The container lab cannot find /opt/startup.sh", "Der Container startet nicht, /opt/startup.sh fehlt",
                "El contenedor no arranca, falta /opt/startup.sh", "Le conteneur ne démarre pas, /opt/startup.sh est absent",
                "O contêiner não inicia, falta /opt/startup.sh", "Il container non parte, manca /opt/startup.sh"
            ]
        ),
        (
            "container_slow",
            [
                "The container takes over two minutes to start, very slow", "Der Container braucht sehr lange zum Starten, über 90 Sekunden",
                "El contenedor tarda mucho tiempo en arrancar, más de 90 segundos", "Le conteneur met très longtemps à démarrer, plus de 90 secondes",
                "O contêiner demora muito tempo para iniciar, mais de 90 segundos", "Il container impiega molto tempo ad avviarsi, più di 90 secondi"
            ]
        ),
        (
            "dns_network",
            [
                "DNS does not resolve internal host names in my lab", "DNS löst interne Namen im Labor nicht auf",
                "El DNS no resuelve los nombres internos del laboratorio", "Le DNS ne résout pas les noms internes du labo",
                "O DNS não resolve os nomes internos do laboratório", "Il DNS non risolve i nomi interni del laboratorio"
            ]
        ),
        (
            "vpn",
            [
                "I cannot connect to the VPN", "Ich kann keine VPN-Verbindung aufbauen, das VPN bricht ab", "No puedo conectarme a la VPN",
                "Je n'arrive pas à me connecter au VPN", "Não consigo conectar à VPN", "Non riesco a connettermi alla VPN"
            ]
        ),
        (
            "logging_monitoring",
            [
                "Why is logging mandatory while I work", "Warum ist die Protokollierung der Übung verpflichtend",
                "Por qué es obligatorio el registro de actividad en el laboratorio", "Pourquoi la journalisation est obligatoire pendant l'exercice",
                "Por que o registro de atividades é obrigatório no exercício", "Perché è obbligatoria la registrazione delle attività"
            ]
        ),
        (
            "permissions_roles",
            [
                "I get access denied and need the instructor role", "Zugriff verweigert, ich brauche die Rolle Ausbilder",
                "Acceso denegado, necesito el rol de instructor", "Accès refusé, j'ai besoin du rôle de formateur",
                "Acesso negado, preciso do papel de instrutor", "Accesso negato, mi serve il ruolo di istruttore"
            ]
        ),
        (
            "performance",
            [
                "The platform is very slow today and the mouse lags", "Die Plattform ist heute sehr langsam und träge",
                "La plataforma va muy lenta hoy y el ratón responde con retraso",
                "La plateforme est très lente aujourd'hui, le clavier répond avec du retard",
                "A plataforma está muito lenta hoje, o mouse responde com atraso",
                "La piattaforma oggi è molto lenta, la tastiera risponde in ritardo"
            ]
        ),
        (
            "assessment_crash",
            [
                "My machine froze in the middle of the graded exam", "Meine VM ist während der Abschlussprüfung abgestürzt",
                "La máquina falló durante el examen de certificación", "La machine a planté pendant l'examen de certification",
                "A máquina travou durante o exame de certificação", "La macchina è andata in crash durante l'esame di certificazione"
            ]
        ),
        (
            "group_blocked",
            [
                "My whole class is blocked, nobody can open the lab", "Meine ganze Klasse ist blockiert und kann das Labor nicht öffnen",
                "Toda mi clase está bloqueada y no puede abrir el laboratorio", "Toute ma classe est bloquée et ne peut pas ouvrir le labo",
                "Toda a minha turma está bloqueada e não consegue abrir o laboratório",
                "Tutta la mia classe è bloccata e non riesce ad aprire il laboratorio"
            ]
        ),
        (
            "outage",
            [
                "The entire platform went down", "Die ganze Plattform ist ausgefallen und nicht erreichbar",
                "Toda la plataforma está caída y nadie entra",
                "Toute la plateforme est hors service", "A plataforma inteira está fora do ar", "L'intera piattaforma è fuori servizio"
            ]
        ),
        (
            "lab_setup",
            [
                "How do I start the first lab and which browser do I need", "Wie starte ich das erste Labor und welchen Browser brauche ich",
                "Cómo empiezo el primer laboratorio y qué navegador necesito", "Comment démarrer le premier labo et quel navigateur faut-il",
                "Como começo o primeiro laboratório e de qual navegador preciso", "Come comincio il primo laboratorio e quale browser mi serve"
            ]
        ),
        (
            "general_question",
            [
                "Where do I get the certificate of my course and what are the support hours",
                "Wo bekomme ich die Kursbescheinigung und wann ist der Support erreichbar",
                "Dónde obtengo el certificado del curso y cuál es el horario de soporte",
                "Où obtenir l'attestation de cours et quels sont les horaires du support",
                "Onde obtenho o certificado do curso e qual é o horário do suporte",
                "Dove ottengo l'attestato del corso e quali sono gli orari del supporto"
            ]
        ),
        (
            "feedback",
            [
                "Thank you very much for the great course, I have a suggestion", "Vielen Dank für den tollen Kurs, ich habe einen Vorschlag",
                "Muchas gracias por el excelente curso, tengo una sugerencia", "Merci beaucoup pour ce très bon cours, j'ai une suggestion",
                "Muito obrigado pelo ótimo curso, tenho uma sugestão", "Grazie mille per l'ottimo corso, ho un suggerimento"
            ]
        ),
        (
            "security_request",
            [
                "Someone else used my account, I think it was hacked", "Jemand anderes hat mein Konto benutzt, eine Sicherheitslücke",
                "Otra persona ha usado mi cuenta, es un fallo de seguridad", "Quelqu'un d'autre a utilisé mon compte, une faille de sécurité",
                "Outra pessoa usou a minha conta, é uma falha de segurança", "Qualcun altro ha usato il mio account, una falla di sicurezza"
            ]
        ),
        (
            "out_of_scope",
            [
                "The office printer has no paper", "Der Drucker in meinem Büro hat kein Papier", "La impresora de mi oficina no tiene papel",
                "L'imprimante de mon bureau n'a plus de papier", "A impressora do meu escritório está sem papel",
                "La stampante del mio ufficio è senza carta"
            ]
        )
    ]

    static let languages = ["en", "de", "es", "fr", "pt", "it"]

    static let rows: [(category: String, language: String, text: String)] = cases.flatMap { row in
        zip(languages, row.texts).map { (row.category, $0, $1) }
    }

    @Test(arguments: rows.indices)
    func `a clear case is recognised`(index: Int) throws {
        let row = Self.rows[index]
        let result = try Shipped.classifier.get().classify(subject: "", body: row.text, persona: .trainee)
        #expect(result.category.value == row.category, "\(row.text): \(result.reasons)")
        #expect(result.language.code == row.language, "\(row.text): \(result.language)")
        #expect(result.guardrails == [])
    }

    @Test func `every category of the shipped taxonomy is covered, with enough examples`() throws {
        let taxonomy = try Shipped.classifier.get().taxonomy
        #expect(Set(taxonomy.categories.map(\.id)) == Set(Self.cases.map(\.category)))
        for category in taxonomy.categories {
            for language in Self.languages {
                let count = category.examples.count { $0.language == language }
                #expect(count >= (language == "en" ? 12 : 4), "\(category.id) \(language)")
            }
        }
        for row in Self.cases { #expect(row.texts.count == Self.languages.count) }
    }

    @Test func `the shipped examples are learned`() throws {
        let classifier = try Shipped.classifier.get()
        let wrong = classifier.taxonomy.examples.filter { classifier.model.predict($0.text).label != $0.label }
        #expect(wrong.count <= classifier.taxonomy.examples.count / 50)
    }
}
