extension SampleTexts {
    static let italian = """
        L'accesso torna sempre indietro | Ogni volta che entro la pagina mi rimanda al modulo di accesso. Ho provato {n} volte, è un ciclo infinito.
        La sessione scade subito | Entro, vedo il pannello per un secondo e poi dice che la sessione è scaduta. Succede dalle {time}.
        Telefono perso, secondo fattore da reimpostare | L'autenticatore era su un telefono che non ho più. Reimpostate per favore il secondo fattore, ultimo accesso ieri alle {time}.
        Codice rifiutato | Il codice di sei cifre risulta non valido anche se l'orologio del telefono è giusto. Devo entrare oggi in {course}.
        Password dimenticata | Non ricordo la password e il messaggio per cambiarla non arriva, neanche nella posta indesiderata.
        Macchina {vm} bloccata | La mia macchina di laboratorio {vm} non risponde da {n} minuti. Mouse e tastiera non fanno nulla.
        Macchina caduta e lavoro perso | {vm} si è riavviata da sola mentre salvavo la relazione di {module}. Esiste una copia dell'ultima ora?
        Kernel panic su {vm} | La console di {vm} mostra "Kernel panic - not syncing" appena parte il carico di {module}. Capita a diversi di noi.
        Ambiente sbagliato | Ho aperto il modulo {module} e sono finito in un ambiente con server Windows. La traccia parla di Linux.
        Strumenti sbagliati nel modulo L-7 | Il modulo L-7 mi apre gli strumenti di attacco anche se sono iscritta alla difesa.
        Il contenitore non parte, manca startup.sh | Il laboratorio di {module} si ferma con "/opt/startup.sh: file non trovato".
        Contenitore lentissimo | L'avvio del contenitore di {module} richiede più di {n} minuti. È bloccato o soltanto lento?
        {host} non si risolve | Nel laboratorio "ping {host}" segnala un errore di risoluzione dei nomi. Le altre macchine vanno.
        Aggiungere una riga al file hosts | Potete mettere {host} nel file hosts di {vm}? Il nome non si risolve e vorrei proseguire.
        VPN collegata ma niente traffico | Il client dice collegato, però non raggiungo {host} né le altre macchine dell'esercizio.
        Orologio della macchina sbagliato | L'ora di {vm} è indietro di {n} minuti e per questo rifiuta i miei accessi.
        Esame bloccato | Sono nel mezzo della prova valutata di {course} e {vm} è caduta. Il tempo scorre, aiutatemi subito!
        Tutta la classe senza accesso | Insegno {course}. Dalle {time} tutti i {n} partecipanti vedono una pagina di errore.
        Disattivare i registri | Per l'esercizio nessuno deve vedere che cosa facciamo. Come disattivo la registrazione di audit su {vm}?
        Accesso all'hypervisor | Vorrei essere root sull'host di {vm} per sistemare la rete da solo.
        Chi può valutare? | Sono il nuovo istruttore di {course} e non vedo i voti di {module}. Quale ruolo mi serve?
        Pagina molto lenta | La pagina di {course} impiega circa {n} secondi a ogni clic da stamattina.
        File cancellato per errore | Ho eliminato la cartella dei miei appunti su {vm}. Si può recuperare quella di ieri?
        Primi passi | Sono nuovo. Come avvio il mio primo laboratorio di {course} e dove trovo le istruzioni?
        Tastiera sbagliata | La console di {vm} nel browser usa la tastiera americana e non riesco a scrivere gli accenti.
        I passaggi non sono serviti, due volte | Ho cancellato i cookie e sono rientrato come dice l'articolo. Fallito entrambe le volte, {module} resta irraggiungibile.
        Disco pieno su {vm} | La partizione di sistema di {vm} è al cento per cento e l'esercizio non può scrivere i risultati.
        Attestato di frequenza | Ho finito {course} la settimana scorsa. Dove chiedo un attestato stampato con il timbro?
        Fattura con il vecchio indirizzo | La fattura di {course} riporta il nostro vecchio indirizzo. Inviatene per favore una corretta.
        """

    static let italianReplies = """
        Ho rifatto i passaggi e continua a non funzionare.
        Grazie, così è risolto.
        Adesso è fallito due volte. Che cosa faccio?
        Ecco il messaggio completo: connessione interrotta, alle {time}.
        Ci sono novità? La mia scadenza è alle {time}.
        Succede anche su {vm}.
        Due colleghi hanno lo stesso problema in {module}.
        """
}
