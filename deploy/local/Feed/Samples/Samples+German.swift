extension SampleTexts {
    static let german = """
        Anmeldung springt immer zurück | Nach dem Anmelden lande ich wieder auf der Anmeldeseite. Das habe ich jetzt {n} Mal versucht, es ist eine Endlosschleife.
        Sitzung läuft sofort ab | Ich melde mich an und nach einer Sekunde steht da, die Sitzung sei abgelaufen. Das geht seit {time} so.
        Neues Handy, zweiter Faktor weg | Ich habe ein neues Telefon und komme nicht mehr an meine Codes. Bitte setzen Sie den zweiten Faktor zurück, letzte Anmeldung war gestern um {time}.
        Code wird abgelehnt | Der sechsstellige Code ist angeblich ungültig, obwohl die Uhr meines Telefons stimmt. Ich muss heute noch in {course}.
        Passwort vergessen | Ich weiß mein Passwort nicht mehr, und die Mail zum Zurücksetzen kommt nicht an, auch nicht im Spam-Ordner.
        VM {vm} eingefroren | Meine Übungsmaschine {vm} reagiert seit {n} Minuten nicht mehr. Maus und Tastatur tun nichts.
        VM abgestürzt, Arbeit verloren | {vm} hat sich von selbst neu gestartet, während ich den Bericht zu {module} gespeichert habe. Gibt es einen Schnappschuss?
        Kernel Panic auf {vm} | Auf der Konsole von {vm} steht "Kernel panic - not syncing", sobald die Last in {module} beginnt. Bei anderen ist es genauso.
        Falsche Umgebung geöffnet | Ich habe das Modul {module} gestartet und bin in einer Umgebung mit Windows-Servern gelandet. Im Aufgabenblatt stehen Linux-Rechner.
        Falsche Werkzeuge in Modul L-7 | Im Modul L-7 sehe ich die Angriffswerkzeuge, obwohl ich für die Verteidigung eingeschrieben bin.
        Container startet nicht, startup.sh fehlt | Das Container-Labor von {module} bricht ab mit "/opt/startup.sh: Datei nicht gefunden".
        Container braucht ewig | Der Start des Containers von {module} dauert länger als {n} Minuten. Hängt er oder ist er nur langsam?
        {host} wird nicht aufgelöst | Im Labor meldet "ping {host}" einen Fehler bei der Namensauflösung. Andere Rechner gehen.
        Bitte Eintrag in die hosts-Datei | Können Sie {host} in die hosts-Datei von {vm} eintragen? Der Name wird nicht gefunden, und ich möchte weiterarbeiten.
        VPN verbunden, aber kein Netz | Das VPN zeigt verbunden an, trotzdem erreiche ich weder {host} noch andere Rechner der Übung.
        Uhr der VM geht falsch | Die Uhrzeit auf {vm} geht {n} Minuten nach, deshalb werden meine Anmeldungen abgewiesen.
        Prüfung blockiert | Ich sitze in der benoteten Prüfung von {course} und {vm} ist abgestürzt. Die Zeit läuft weiter, bitte sofort helfen!
        Ganzer Kurs kommt nicht hinein | Ich leite {course}. Seit {time} sehen alle {n} Teilnehmer nur eine Fehlerseite.
        Protokollierung abschalten | Für unsere Übung soll niemand sehen, was wir tun. Wie schalte ich die Protokollierung auf {vm} aus?
        Zugang zum Hypervisor | Ich hätte gern Root-Rechte auf dem Wirt unter {vm}, damit ich das Netz selbst reparieren kann.
        Wer darf bewerten? | Ich bin neuer Dozent in {course} und sehe die Noten von {module} nicht. Welche Rolle brauche ich?
        Seite sehr langsam | Die Kursseite von {course} braucht seit heute Morgen etwa {n} Sekunden für jeden Klick.
        Datei versehentlich gelöscht | Ich habe auf {vm} den Ordner mit meinen Notizen gelöscht. Lässt er sich von gestern wiederherstellen?
        Erste Schritte | Ich bin neu hier. Wie starte ich mein erstes Labor in {course} und wo steht die Anleitung?
        Tastatur falsch belegt | Die Konsole von {vm} im Browser hat eine amerikanische Belegung, ich kann keine Umlaute schreiben.
        Anleitung hat zweimal nicht geholfen | Ich habe die Cookies gelöscht und mich neu angemeldet, wie es im Artikel steht. Beide Male erfolglos, {module} bleibt unerreichbar.
        Festplatte voll auf {vm} | Die Systempartition von {vm} ist zu 100 Prozent belegt, die Übung kann ihre Ergebnisse nicht schreiben.
        Teilnahmebescheinigung | Ich habe {course} letzte Woche abgeschlossen. Wo bekomme ich eine gedruckte Bescheinigung mit Stempel?
        Parken am Schulungszentrum | Wir kommen mit {n} Personen zum Präsenztag von {course}. Wo dürfen wir parken, und gibt es Mittagessen?
        """

    static let germanReplies = """
        Ich habe die Schritte noch einmal versucht, es geht immer noch nicht.
        Danke, das hat geholfen.
        Jetzt hat es zum zweiten Mal nicht funktioniert. Was nun?
        Hier ist die ganze Meldung: Verbindung zurückgesetzt, um {time}.
        Gibt es etwas Neues? Meine Frist endet um {time}.
        Auf {vm} passiert es auch.
        Zwei Kollegen haben in {module} dasselbe Problem.
        """
}
