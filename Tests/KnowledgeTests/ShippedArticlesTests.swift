import Domain
import Testing

@testable import Knowledge

@Suite struct ShippedArticlesTests {
    @Test func haveNoProblems() throws {
        #expect(ArticleLibrary.problems(in: try Shipped.files()).map(\.description) == [])
    }

    @Test func numberTheirFilesAndKeepThePolicyPair() throws {
        let library = try Shipped.library()
        #expect(library.articles.map(\.file).sorted().map { $0.prefix(3) } == (1...15).map { $0 < 10 ? "0\($0)-" : "\($0)-" })
        #expect(library.articles.allSatisfy { $0.file.dropFirst(3) == "\($0.id).md" })
        #expect(library.successors == ["authentication-policy-2023": "authentication-policy-2024"])
        #expect(library.articles.filter { $0.status == .deprecated }.map(\.id) == ["authentication-policy-2023"])
    }

    /// What no persona is told: commands that change a system's time, kernel, images or hosts file.
    @Test(arguments: [
        "sudo", "systemctl", "ntpdate", "timedatectl", "chronyc", "hwclock", "modprobe", "sysctl", "docker ", "kubectl", "chmod", "http://",
        "https://"
    ])
    func giveNoCommandsAndNoAddresses(_ word: String) throws {
        for file in try Shipped.files() { #expect(!file.text.lowercased().contains(word), "\(file.name)") }
    }

    static let english: [(question: String, article: String)] = [
        ("What is CyberLab?", "platform-overview"), ("Which personas are there and what do they mean", "platform-overview"),
        ("What does the help desk do and what not", "platform-overview"),
        ("The login page keeps redirecting me in a loop", "access-and-authentication"),
        ("I get too many redirects when I sign in", "access-and-authentication"),
        ("SSO sends me back to the sign-in page over and over", "access-and-authentication"),
        ("My session expires immediately after signing in", "access-and-authentication"),
        ("The clock in my lab VM is ten minutes behind", "access-and-authentication"),
        ("I need an MFA reset, my phone was stolen", "authentication-policy-2024"),
        ("Lost my authenticator app, cannot produce a one-time code", "authentication-policy-2024"),
        ("How long is the MFA reset link valid?", "authentication-policy-2024"),
        ("Is two-factor authentication required for everyone", "authentication-policy-2024"),
        ("My lab VM is frozen and does not react", "lab-vm-operations-and-recovery"),
        ("The virtual machine crashed and rebooted by itself", "lab-vm-operations-and-recovery"),
        ("Kernel panic not syncing on the screen of my VM", "lab-vm-operations-and-recovery"),
        ("I landed in the wrong range", "environment-mapping"), ("My module opened a different environment than described", "environment-mapping"),
        ("The tools from the module description are missing, wrong toolset", "environment-mapping"),
        ("The container does not start, /opt/startup.sh is missing", "container-labs"),
        ("Container lab is stuck on starting for over 90 seconds", "container-labs"), ("My files in the container are gone", "container-labs"),
        ("An internal name does not resolve in my lab", "dns-and-network"), ("Can I edit /etc/hosts on the lab machine?", "dns-and-network"),
        ("The VPN does not connect", "dns-and-network"), ("Why is everything I do logged?", "logging-and-security-controls"),
        ("Who can see the logs of my activity", "logging-and-security-controls"),
        ("Can I get access to the hypervisor host", "logging-and-security-controls"),
        ("How soon is a ticket with severity high resolved", "tiering-escalation-and-sla"),
        ("My environment crashed during a graded assessment", "tiering-escalation-and-sla"),
        ("What do the tiers mean and who works on my ticket", "tiering-escalation-and-sla"),
        ("What is the status of KE-2001?", "known-error-catalogue"), ("Is there a list of known errors with workarounds", "known-error-catalogue"),
        ("ke4001", "known-error-catalogue"), ("How do I start my first lab", "first-lab-setup"),
        ("Copy and paste into the lab does not work", "first-lab-setup"), ("Which browser do I need before the first lab", "first-lab-setup"),
        ("I forgot my password", "accounts-passwords-and-roles"), ("The password reset link has expired", "accounts-passwords-and-roles"),
        ("I need permission to grade, who gives me the role", "accounts-passwords-and-roles"),
        ("My lab is very slow and lags", "performance-and-data-recovery"), ("Can you recover a deleted file", "performance-and-data-recovery"),
        ("The portal pages load slowly", "performance-and-data-recovery")
    ]

    @Test(arguments: english) func answerTheirMainQuestionsFirst(_ question: String, _ article: String) throws {
        let hits = try Shipped.retriever.get().search(question, audience: .trainee)
        #expect(hits.first?.chunk.articleID == article, "\(hits.prefix(3).map { "\($0.chunk.id) \($0.score)" })")
    }

    @Test func haveThreeQuestionsForEveryCurrentArticleOfTrainees() throws {
        let counts = Dictionary(grouping: Self.english, by: \.article).mapValues(\.count)
        for article in try Shipped.library().articles where article.status == .current && article.audience.contains(.trainee) {
            #expect(counts[article.id] ?? 0 >= 3, "\(article.id)")
        }
    }

    static let outlines = ["Outline for correcting clock drift of a lab VM", "How do operators put a range back", "Securing a kernel panic, outline"]

    @Test(arguments: outlines) func answerOperatorsFromTheOutlines(_ question: String) throws {
        #expect(try Shipped.retriever.get().search(question, audience: .operator).first?.chunk.articleID == "operator-outlines")
    }

    static let translated: [(question: String, article: String)] = [
        ("Nach der Anmeldung lande ich in einer Weiterleitungsschleife", "access-and-authentication"),
        ("Demasiadas redirecciones, bucle al iniciar sesión", "access-and-authentication"),
        ("Boucle de redirection à la connexion", "access-and-authentication"),
        ("Ciclo infinito de redirecionamento ao iniciar sessão", "access-and-authentication"),
        ("Ciclo di reindirizzamento dopo l'accesso", "access-and-authentication"),
        ("Ich habe mein Handy verloren, bitte den zweiten Faktor zurücksetzen", "authentication-policy-2024"),
        ("Perdí mi teléfono, necesito restablecer el doble factor", "authentication-policy-2024"),
        ("J'ai perdu mon téléphone, réinitialiser le second facteur", "authentication-policy-2024"),
        ("Perdi o telemóvel, preciso de redefinir o segundo fator", "authentication-policy-2024"),
        ("Ho perso il telefono, reimpostare il secondo fattore", "authentication-policy-2024"),
        ("Ich habe mein Kennwort vergessen", "accounts-passwords-and-roles"), ("He olvidado mi contraseña", "accounts-passwords-and-roles"),
        ("J'ai oublié mon mot de passe", "accounts-passwords-and-roles"), ("Esqueci-me da palavra-passe", "accounts-passwords-and-roles"),
        ("Ho dimenticato la password", "accounts-passwords-and-roles"),
        ("Meine virtuelle Maschine ist eingefroren", "lab-vm-operations-and-recovery"),
        ("La máquina virtual se ha congelado y no responde", "lab-vm-operations-and-recovery"),
        ("Ma machine virtuelle est figée et ne répond plus", "lab-vm-operations-and-recovery"),
        ("A máquina virtual congelou e não responde", "lab-vm-operations-and-recovery"),
        ("La macchina virtuale è congelata e non risponde", "lab-vm-operations-and-recovery"),
        ("Der Container startet nicht, das Startskript fehlt", "container-labs"),
        ("El contenedor no arranca, falta el script de inicio", "container-labs"),
        ("Le conteneur ne démarre pas, le script de démarrage manque", "container-labs"),
        ("O contentor não arranca, falta o script de arranque", "container-labs"),
        ("Il container non si avvia, manca lo script di avvio", "container-labs")
    ]

    @Test(arguments: translated) func answerTheMainTopicsInEveryLanguage(_ question: String, _ article: String) throws {
        let hits = try Shipped.retriever.get().search(question, audience: .trainee)
        #expect(hits.first?.chunk.articleID == article, "\(hits.prefix(3).map { "\($0.chunk.id) \($0.score)" })")
    }
}
