extension SampleTexts {
    // What several people report at once: subject | text.

    static let englishOutages = """
        Container lab of {module} is down for all of us | Since {time} the container lab of {module} does not start for anybody in our group, it stops with a gateway error and we are blocked.
        Nobody reaches {module} | The lab network of {module} is down since {time}. None of us can open the exercise, we are all blocked.
        """

    static let germanOutages = """
        Container-Labor von {module} für alle ausgefallen | Seit {time} startet das Container-Labor von {module} bei niemandem aus unserer Gruppe, es endet mit einem Gateway-Fehler und wir sind blockiert.
        Niemand erreicht {module} | Das Labornetz von {module} ist seit {time} ausgefallen. Keiner von uns kann die Übung öffnen, wir sind alle blockiert.
        """

    static let spanishOutages = """
        El laboratorio de contenedores de {module} no funciona para nadie | Desde las {time} el laboratorio de contenedores de {module} no arranca para nadie del grupo, termina con un error de pasarela y estamos bloqueados.
        Nadie llega a {module} | La red del laboratorio de {module} está caída desde las {time}. Ninguno puede abrir el ejercicio, estamos todos bloqueados.
        """

    static let frenchOutages = """
        Le labo de conteneurs de {module} est en panne pour tous | Depuis {time} le labo de conteneurs de {module} ne démarre pour personne du groupe, il s'arrête sur une erreur de passerelle et nous sommes bloqués.
        Personne n'atteint {module} | Le réseau du labo de {module} est en panne depuis {time}. Aucun de nous ne peut ouvrir l'exercice, nous sommes tous bloqués.
        """

    static let portugueseOutages = """
        O laboratório de contentores de {module} está em baixo para todos | Desde as {time} o laboratório de contentores de {module} não arranca para ninguém do grupo, acaba com um erro de gateway e estamos bloqueados.
        Ninguém chega a {module} | A rede do laboratório de {module} está em baixo desde as {time}. Nenhum de nós consegue abrir o exercício, estamos todos bloqueados.
        """

    static let italianOutages = """
        Il laboratorio di contenitori di {module} è fermo per tutti | Dalle {time} il laboratorio di contenitori di {module} non parte per nessuno del gruppo, finisce con un errore di gateway e siamo bloccati.
        Nessuno raggiunge {module} | La rete del laboratorio di {module} è ferma dalle {time}. Nessuno di noi riesce ad aprire l'esercizio, siamo tutti bloccati.
        """

    // What the requester says who has tried what the answer advised, one to a line.

    static let englishFailures = """
        I followed the steps exactly and it still does not work.
        Tried everything in the article again, the problem is still there.
        """

    static let germanFailures = """
        Ich habe die Schritte genau befolgt, es geht immer noch nicht.
        Alles aus dem Artikel noch einmal versucht, das Problem besteht weiterhin.
        """

    static let spanishFailures = """
        He seguido los pasos y sigue sin funcionar.
        Probé otra vez todo lo del artículo y el problema continúa.
        """

    static let frenchFailures = """
        J'ai suivi les étapes et cela ne marche toujours pas.
        J'ai tout réessayé comme dans l'article, le problème persiste.
        """

    static let portugueseFailures = """
        Segui os passos e continua sem funcionar.
        Tentei outra vez tudo o que está no artigo e o problema persiste.
        """

    static let italianFailures = """
        Ho seguito i passaggi e continua a non funzionare.
        Ho riprovato tutto quello che dice l'articolo, il problema rimane.
        """
}
