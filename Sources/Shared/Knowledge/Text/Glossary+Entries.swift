extension Glossary {
    /// Patterns are folded: lower case, no diacritics (`contrasena*`). A form that is also an English word stands here only when the
    /// English word means the same.
    static let entries: [Entry] = courtesies + signingIn + environments + work + people

    /// What people write around their question; it asks for nothing.
    private static let courtesies: [Entry] = [
        Entry(
            "",
            en:
                "my name is, kind regards, best regards, best wishes, thanks in advance, dear help desk, hello help desk, hi help desk, support team, dear team, hello team, hi team",
            de: "mein name ist, viele grusse, mit freundlichen grussen, freundliche grusse, vielen dank im voraus, liebes team, hallo team",
            es: "me llamo, mi nombre es, un saludo, saludos, muchas gracias, de antemano",
            fr: "je appelle, cordialement, bien vous, merci avance",
            pt: "meu nome, com os melhores cumprimentos, atenciosamente, desde ja", it: "mi chiamo, cordiali saluti, distinti saluti")
    ]

    private static let signingIn: [Entry] = [
        Entry(
            "login sign", en: "log in, logging in, logged in, log into, logging into, log on, logon, login*, signin, sign in, signing in",
            de: "anmeld*, angemeldet, einlogg*, eingeloggt", es: "iniciar sesion, inicio de sesion, inicio sesion, iniciado sesion, entrar",
            fr: "se connecter, me connecter, connecter, connexion, identification",
            pt: "iniciar sessao, inicio de sessao, fazer login, entrar",
            it: "effettuare accesso, eseguire accesso, accesso, accedo, accedere, entrare"),
        Entry(
            "sign session", en: "log out, logged out, logs me out, log me out, logged me out, sign* me out, kicked out, kick* me out, thrown out",
            de: "abmeld*, abgemeldet, meldet mich", es: "cerrar sesion, cierra la sesion, cierra sesion, me desconecta",
            fr: "deconnect*", pt: "desconect*, terminar sessao, encerra", it: "disconness*, disconnett*"),
        Entry(
            "redirect", en: "bounc*, redirect*", de: "weiterleit*, weitergeleitet, umleit*, umgeleitet, leitet", es: "redirec*, redirig*",
            fr: "redirig*, redirection*", pt: "redirecion*, redirecc*", it: "reindirizz*, rimanda"),
        Entry("loop", de: "schleife*, endlos*", es: "bucle*", fr: "boucle*", pt: "ciclo infinito", it: "ciclo infinito, ciclo"),
        Entry(
            "password", en: "password*, passphrase*, credentials", de: "kennwort*, passwort*, passworter", es: "contrasena*, clave de acceso",
            fr: "mot de passe, mots de passe, mdp", pt: "senha*, palavra passe, palavra chave", it: "password, parola ordine"),
        Entry("forgot forgotten", en: "forgot*, forget*", de: "vergess*, vergass", es: "olvid*", fr: "oubli*", pt: "esquec*", it: "dimentic*"),
        Entry(
            "reset", de: "zurucksetz*, zuruckgesetzt, zuruckzusetzen, zuruecksetz*, zurueckgesetzt", es: "restablec*", fr: "reinitialis*",
            pt: "redefin*, repor, resetar", it: "reimpost*, resettare, reset"),
        Entry(
            "mfa factor",
            en: "mfa, 2fa, two factor, two step, multi factor, multifactor, second factor",
            de: "zwei faktor*, zweifaktor*, zweite* faktor*, mehr faktor*, mehrfaktor*, multi faktor*",
            es: "dos factores, doble factor, segundo factor, dos pasos", fr: "deux facteurs, double facteur, second facteur, deuxieme facteur",
            pt: "dois fatores, dois factores, segundo fator, segundo factor, duplo fator, duas etapas",
            it: "due fattori, doppio fattore, secondo fattore"),
        Entry("authentication", de: "authentifizier*", es: "autentica*", fr: "authentifi*", pt: "autentica*", it: "autentica*"),
        Entry(
            "phone", en: "phone*, mobile, smartphone*, cellphone*, iphone", de: "handy*, telefon*, mobiltelefon*",
            es: "telefono*, movil*, celular*", fr: "telephone*, portable", pt: "telefone*, telemovel, celular*", it: "cellular*, telefono"),
        Entry("code", de: "einmalcode*, einmalpasswort*", es: "codigo*", pt: "codigo*", it: "codice*, codici"),
        Entry("account", de: "konto, kontos, konten, benutzerkonto*", es: "cuenta*", fr: "compte, comptes", pt: "conta, contas"),
        Entry("lock", de: "gesperrt*, sperr*, entsperr*", es: "bloquead*", fr: "verrouill*", pt: "bloquead*", it: "bloccato account"),
        Entry("session", de: "sitzung*", es: "sesion*", fr: "session*", pt: "sessao, sessoes", it: "session*"),
        Entry(
            "expire", en: "time* out", de: "ablauf*, abgelaufen, lauft", es: "caduc*, expira*", fr: "expire*, expiration", pt: "expira*", it: "scad*"),
        Entry("browser", es: "navegador*", fr: "navigateur*", pt: "navegador*"),
        Entry("link", es: "enlace*", fr: "lien, liens", pt: "hiperlig*", it: "collegament*"),
        Entry("security", de: "sicherheit", es: "seguridad", fr: "securite", pt: "seguranca", it: "sicurezza"),
        Entry("security question", de: "sicherheitsfrage*"),
        Entry("question", de: "frage*", es: "pregunta*", pt: "pergunta*", it: "domand*"),
        Entry("access", de: "zugriff*, zugang*", es: "acceso*, accede*", fr: "acces, acceder*, accede", pt: "acesso*, acessar, aceder"),
        Entry("email", es: "correo*", fr: "courriel*", it: "posta elettronica")
    ]

    private static let environments: [Entry] = [
        Entry(
            "vm machine", en: "vm, vms, virtual machine*", de: "virtuelle* maschine*, maschine*", es: "maquina* virtual*, maquina*",
            fr: "machine* virtuelle*, machine", pt: "maquina* virtua*", it: "macchin* virtual*, macchin*"),
        Entry(
            "freeze", en: "froze*, freez*, hang, hangs, hung, unresponsive, not respond*, not react*",
            de: "eingefroren*, einfrier*, friert, hangt, haengt, reagiert nicht", es: "congel*, se cuelga, colgad*, no responde, no reacciona",
            fr: "fige*, gele, ne repond plus, ne reagit plus", pt: "congel*, trava, travou, travada, travado, nao responde",
            it: "congel*, bloccata, si blocca, non risponde"),
        Entry(
            "crash", de: "absturz*, abgesturzt*, abstuerz*, sturzt", es: "se cae, se cayo, se bloquea", fr: "plante, planter, plantage",
            pt: "falhou, caiu", it: "arrest*, va in crash"),
        Entry(
            "restart", en: "reboot*", de: "neustart*, neu starten, neu gestartet, startet neu", es: "reinici*", fr: "redemarr*", pt: "reinici*",
            it: "riavvi*"),
        Entry(
            "start", de: "starten, startet, startete, gestartet", es: "arranc*, inicia*", fr: "demarr*, lance, lancer", pt: "arranc*, inicia*",
            it: "avvi*, parte"),
        Entry("startup", en: "start up"),
        Entry(
            "slow", en: "slow*, sluggish, takes forever, takes ages", de: "langsam*, trage, traege", es: "lento*, lenta*, lentitud, despacio",
            fr: "lent, lente, lents, lenteur*, lentement, ralenti*", pt: "lento*, lenta*, devagar", it: "lento, lenta, lentamente, lenti, lentissim*"),
        Entry("lag", en: "lag, lags, laggy, lagging, latency", de: "ruckelt", fr: "rame", it: "rallentament*"),
        Entry("container", de: "container*", es: "contenedor*", fr: "conteneur*", pt: "conteiner*, contentor*", it: "contenitor*"),
        Entry(
            "environment", de: "umgebung*, laborumgebung*, lernumgebung*", es: "entorno*, ambiente*", fr: "environnement*", pt: "ambiente*",
            it: "ambiente, ambienti"),
        Entry("range", de: "ubungsumgebung*, ubungsbereich*"),
        Entry(
            "wrong", en: "wrong*, incorrect*", de: "falsch*", es: "equivocad*, erroneo*, erronea*", fr: "mauvais*, errone*",
            pt: "errado*, errada*, incorret*", it: "sbagliat*, errato, errata, scorrett*"),
        Entry("tool", de: "werkzeug*", es: "herramienta*", fr: "outil*", pt: "ferramenta*", it: "strument*"),
        Entry(
            "missing", en: "missing, absent", de: "fehlt, fehlen*", es: "falta, faltan", fr: "manqu*", pt: "falta, faltam",
            it: "manca, mancano, mancante*"),
        Entry("lab", de: "labor, labore, labors, laborubung*", es: "laboratorio*", fr: "laboratoire*", pt: "laboratorio*", it: "laborator*"),
        Entry("module", de: "modul, module, moduls, modulen", es: "modulo*", pt: "modulo*", it: "modulo, moduli"),
        Entry("resolve name", de: "namensauflos*", es: "resolucion de nombres", fr: "resolution de noms", it: "risoluzione dei nomi"),
        Entry(
            "resolve", de: "auflos*, aufgelost*, aufloesen", es: "resuelv*, resolver", fr: "resoudre, resolu, resout",
            pt: "resolver, resolve, resolvid*", it: "risolv*, risolt*"),
        Entry("name", de: "namen", es: "nombre*", fr: "nom, noms", pt: "nome, nomes", it: "nome, nomi"),
        Entry(
            "internal", de: "intern, interne, internen, internes", es: "interno*, interna*", fr: "interne, internes", pt: "interno*, interna*",
            it: "interno, interni, interna"),
        Entry("network", en: "wi fi, wifi", de: "netzwerk*, netz", es: "la red, de red, redes", fr: "reseau*", pt: "rede, redes", it: "rete, reti"),
        Entry(
            "connect", de: "verbind*, verbunden, verbindung*", es: "conect*, conexion*", fr: "connecte", pt: "conect*, conexao, ligacao, ligar",
            it: "connett*, connession*"),
        Entry("clock", de: "uhr, uhren, uhrzeit*, systemzeit, systemuhr", es: "reloj*", fr: "horloge*", pt: "relogio*", it: "orolog*"),
        Entry(
            "clock drift", en: "out of sync, clock skew, time drift, time skew", de: "zeitabweichung*, zeitdrift, geht nach, geht vor",
            es: "desfas*, desincroniz*", fr: "decal*, desynchronis*", pt: "dessincroniz*, desfasad*, atrasad*, adiantad*",
            it: "sfasat*, desincronizz*"),
        Entry("time clock", de: "zeit", es: "hora, la hora", fr: "heure", pt: "hora, horas", it: "ora di sistema, ora della"),
        Entry(
            "kernel panic", de: "kernel panik", es: "panico del kernel, panico del nucleo", fr: "panique du noyau, noyau", pt: "panico do kernel",
            it: "panico del kernel"),
        Entry("screen", de: "bildschirm*", es: "pantalla*", fr: "ecran*", pt: "tela, ecra", it: "scherm*"),
        Entry("keyboard", de: "tastatur*", es: "teclado*", fr: "clavier*", pt: "teclado*", it: "tastier*"),
        Entry(
            "clipboard copy", en: "copy paste, copy and paste, paste, clipboard", de: "zwischenablage, kopier*, einfugen",
            es: "portapapeles, copiar, pegar", fr: "presse papiers, copier, coller", pt: "area de transferencia, copiar, colar",
            it: "copiare, incollare, appunti"),
        Entry("error", de: "fehler*, fehlermeldung*", fr: "erreur*", pt: "erro, erros", it: "errore, errori"),
        Entry("script", de: "skript*", es: "guion", pt: "roteiro"),
        Entry(
            "startup script", de: "startskript*, startscript*", es: "script de inicio, script de arranque", fr: "script de demarrage",
            pt: "script de inicializacao, script de arranque, script de inicio", it: "script di avvio"),
        Entry("known", de: "bekannt*", es: "conocid*", fr: "connu, connus, connue", pt: "conhecid*", it: "noto, noti, conosciut*")
    ]

    private static let work: [Entry] = [
        Entry("snapshot", de: "schnappschuss*", es: "instantanea*", fr: "instantane*", pt: "instantaneo*", it: "istantanea*"),
        Entry("file", de: "datei*", es: "archivo*, fichero*", fr: "fichier*", pt: "arquivo*, ficheiro*"),
        Entry(
            "deleted lost", en: "erased, wiped", de: "geloscht*, loschen, geloescht*", es: "borr*, eliminad*", fr: "supprim*, efface*",
            pt: "apagad*, apaguei, exclui*, eliminad*, eliminei", it: "cancellat*, eliminat*"),
        Entry(
            "lost", en: "lost, lose, losing, stolen", de: "verloren*, verlor, gestohlen*", es: "perdi, perdid*, perdio, robado, robaron",
            fr: "perdu*, vole", pt: "perdi, perdid*, perdeu, roubad*", it: "perso, persi, persa, smarrit*, rubat*"),
        Entry(
            "missing lost recover", en: "vanished, disappeared, gone", de: "verschwunden*", es: "desaparec*", fr: "disparu*", pt: "sumiu, desaparec*",
            it: "sparit*, scompars*"),
        Entry("progress", de: "fortschritt*", es: "progreso*", fr: "progression", pt: "progresso*", it: "progress*"),
        Entry("exercise", de: "ubung, ubungen, aufgabe*", es: "ejercicio*", fr: "exercice*", pt: "exercicio*", it: "esercizi*"),
        Entry(
            "open", de: "offne, offnen, offnet", es: "abrir, abre, abro", fr: "ouvrir, ouvre, ouvrez", pt: "abrir, abre, abro",
            it: "aprire, apro, apre"),
        Entry("denied access", en: "denied", de: "verweigert", es: "denegado", fr: "refuse", pt: "negado", it: "negato"),
        Entry("date time", de: "datum", es: "fecha*", it: "la data"),
        Entry("lag delay", de: "verzogert, verzogern", es: "retraso*", fr: "retard", pt: "atraso", it: "ritardo"),
        Entry("mouse", de: "maus", es: "raton", fr: "souris"),
        Entry(
            "recover restore", en: "recover*, retriev*, restor*, undelete*, get back", de: "wiederherstell*, wiederhergestellt*, retten",
            es: "recuper*, restaurar, restaurado, restauren", fr: "recuperer, recuperation, restaurer, restauration", pt: "recuper*, restaurar",
            it: "recuper*, ripristin*"),
        Entry("work", de: "arbeit, arbeiten, arbeitsstand", es: "trabajo*", fr: "travail, travaux", pt: "trabalho*", it: "lavoro, lavori"),
        Entry(
            "saved", de: "gespeichert*, speichern", es: "guardar, guardado, guarde", fr: "sauvegard*", pt: "guardar, guardado, salvar, salvo",
            it: "salvat*, salvare"),
        Entry(
            "change", de: "andern, geandert, wechsel*, gewechselt", es: "cambi*", fr: "change", pt: "mudar, mudei, troquei, trocar, alterar",
            it: "cambi*"),
        Entry("new", de: "neu, neue, neues, neuen, neuer", es: "nuevo*, nueva*", fr: "nouveau*, nouvel*", pt: "novo, nova", it: "nuovo, nuova"),
        Entry(
            "first", de: "erste, erstes, ersten, erster", es: "primer, primera, primero", fr: "premier, premiere", pt: "primeiro, primeira",
            it: "primo"),
        Entry("set-up first", de: "einricht*, eingerichtet", es: "configur*", fr: "configur*", pt: "configur*", it: "configur*"),
        Entry(
            "logging log recorded", en: "recording*, recorded, records", de: "protokoll*, aufzeichn*, aufgezeichnet*",
            es: "registro, registros, registra, registran, registrado, graba, graban", fr: "journalis*, journaux, enregistr*",
            pt: "registo, registos, registro, registros, registrad*, registad*, gravado",
            it: "registrazion*, registrano, registrato, registrata, registri"),
        Entry(
            "monitoring", en: "monitor*, surveillance", de: "uberwach*, ueberwach*", es: "vigilancia, supervision", fr: "surveill*", it: "sorvegli*"),
        Entry(
            "permission right", en: "permission*, privilege*, authorised, authorized", de: "berechtigung*, rechte", es: "permiso*",
            fr: "droit, droits, autorisation*", pt: "permiss*", it: "permess*, autorizzazion*"),
        Entry("role", de: "rolle, rollen", es: "rol", pt: "papel", it: "ruolo, ruoli"),
        Entry("escalate", de: "eskalier*, eskalation*", es: "escalar, escalen, escalado", fr: "escalade*", pt: "escalar, escalonar", it: "escalare"),
        Entry(
            "response sla answer", en: "response time*, reply time*", de: "antwortzeit*, reaktionszeit*",
            es: "tiempo de respuesta, tiempos de respuesta", fr: "temps de reponse, delai de reponse, delais",
            pt: "tempo de resposta, prazo de resposta", it: "tempo di risposta, tempi di risposta"),
        Entry(
            "severity priority", de: "schweregrad*, dringlichkeit", es: "gravedad, prioridad", fr: "gravite, priorite", pt: "gravidade, prioridade",
            it: "gravita, priorita")
    ]

    private static let people: [Entry] = [
        Entry(
            "assessment graded exam", en: "exam, exams, examination*, assessment*, quiz", de: "prufung*, pruefung*, klausur*, bewertet*",
            es: "examen*, evaluacion*, evaluad*, calificad*", fr: "evaluation, evaluations, notee", pt: "exame*, avaliac*, avaliad*",
            it: "esame, esami, valutazion*, valutat*"),
        Entry(
            "several people class nobody",
            en: "everyone, everybody, nobody, whole class, entire class, classmates, whole group, multiple, my students, students, my trainees",
            de: "mehrere, niemand, niemanden, ganze* team, ganze klasse, ganze gruppe, alle teilnehmer",
            es: "varios, nadie, equipo entero, toda mi clase, varias personas, toda la clase, todo el grupo",
            fr: "plusieurs, personne ne, personne dans, equipe entiere, toute la classe, tout le groupe",
            pt: "varios, ninguem, equipe inteira, varias pessoas, toda turma, todo grupo",
            it: "diversi, parecchi, nessuno, intera squadra, piu persone, tutta la classe, tutto il gruppo"),
        Entry(
            "outage down", en: "outage*, down, offline, unreachable, unavailable, not reachable",
            de: "ausfall*, ausgefallen*, totalausfall*, nicht erreichbar, erreichbar", es: "caido*, caida, fuera de linea, no esta disponible",
            fr: "panne, pannes, indisponible, hors ligne, est accessible", pt: "fora do ar, indisponivel, nao esta acessivel, queda",
            it: "fuori servizio, non raggiungibile, guasto"),
        Entry("platform", de: "plattform*", es: "plataforma*", fr: "plateforme*, plate forme", pt: "plataforma*", it: "piattaform*"),
        Entry("group", de: "gruppe*", es: "grupo*", fr: "groupe*", pt: "grupo*, turma", it: "gruppo, gruppi"),
        Entry("course", de: "kurs, kurse, kurses", es: "curso*", fr: "cours", pt: "curso*", it: "corso, corsi"),
        Entry(
            "instructor", en: "teacher*", de: "ausbilder*, dozent*, lehrer*", es: "profesor*", fr: "formateur*, instructeur*",
            pt: "instrutor*, formador*", it: "istruttor*, docent*"),
        Entry(
            "person", en: "human, real person", de: "menschen, mensch, mitarbeiter*", es: "una persona, humano", fr: "humain, conseiller",
            pt: "pessoa, humano", it: "una persona, operatore umano")
    ]
}
