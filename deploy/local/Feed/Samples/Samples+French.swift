extension SampleTexts {
    static let french = """
        La connexion tourne en boucle | À chaque connexion je reviens sur le formulaire. J'ai essayé {n} fois, c'est une boucle sans fin.
        La session expire aussitôt | Je me connecte, je vois le tableau de bord une seconde, puis la session a expiré. Cela dure depuis {time}.
        Téléphone perdu, second facteur à réinitialiser | Mon application d'authentification était sur un téléphone que je n'ai plus. Merci de réinitialiser le second facteur, dernière connexion hier à {time}.
        Code refusé | Le code à six chiffres est refusé alors que l'horloge de mon téléphone est juste. Je dois entrer dans {course} aujourd'hui.
        Mot de passe oublié | Je ne retrouve plus mon mot de passe et le courriel de réinitialisation n'arrive pas, même dans les indésirables.
        La machine {vm} est figée | Ma machine de travaux pratiques {vm} ne réagit plus depuis {n} minutes. Ni la souris ni le clavier ne répondent.
        Machine plantée, travail perdu | {vm} a redémarré toute seule pendant que j'enregistrais le rapport de {module}. Existe-t-il un instantané ?
        Kernel panic sur {vm} | La console de {vm} affiche "Kernel panic - not syncing" dès que la charge de {module} commence. Plusieurs d'entre nous ont la même chose.
        Mauvais environnement | J'ai ouvert le module {module} et je suis arrivé dans un environnement avec des serveurs Windows. L'énoncé parle de Linux.
        Mauvais outils dans le module L-7 | Le module L-7 m'ouvre les outils d'attaque alors que je suis inscrite en défense.
        Le conteneur ne démarre pas, startup.sh absent | Le labo de {module} s'arrête avec "/opt/startup.sh : aucun fichier de ce type".
        Conteneur très lent | Le démarrage du conteneur de {module} prend plus de {n} minutes. Est-il bloqué ou seulement lent ?
        {host} introuvable | Dans le labo "ping {host}" signale un échec de résolution de nom. Les autres machines répondent.
        Ajouter une ligne au fichier hosts | Pouvez-vous ajouter {host} au fichier hosts de {vm} ? Le nom ne se résout pas et je voudrais continuer.
        VPN connecté mais aucun trafic | Le client VPN dit connecté, pourtant je n'atteins ni {host} ni les autres machines de l'exercice.
        Horloge de la machine décalée | L'heure de {vm} retarde de {n} minutes, mes connexions sont donc refusées.
        Examen bloqué | Je suis en pleine évaluation notée de {course} et {vm} a planté. Le chronomètre tourne, aidez-moi tout de suite !
        Toute la classe bloquée | J'enseigne {course}. Depuis {time} les {n} participants ne voient qu'une page d'erreur.
        Désactiver la journalisation | Pour notre exercice, personne ne doit voir ce que nous faisons. Comment désactiver la journalisation sur {vm} ?
        Accès à l'hyperviseur | J'aimerais être root sur l'hôte de {vm} pour réparer le réseau moi-même.
        Qui peut noter ? | Je suis le nouvel instructeur de {course} et je ne vois pas les notes de {module}. Quel rôle me faut-il ?
        Page très lente | La page de {course} met environ {n} secondes à chaque clic depuis ce matin.
        Fichier supprimé par erreur | J'ai supprimé le dossier de mes notes sur {vm}. Peut-on récupérer celui d'hier ?
        Premiers pas | Je débute ici. Comment lancer mon premier labo de {course} et où sont les consignes ?
        Clavier mal configuré | La console de {vm} dans le navigateur est en clavier américain, impossible de taper les accents.
        Les étapes ont échoué deux fois | J'ai effacé les cookies et je me suis reconnecté comme le dit l'article. Deux échecs, {module} reste inaccessible.
        Disque plein sur {vm} | La partition système de {vm} est pleine à cent pour cent, l'exercice ne peut plus écrire ses résultats.
        Attestation de présence | J'ai terminé {course} la semaine dernière. Où demander une attestation imprimée et tamponnée ?
        Facture à l'ancienne adresse | La facture de {course} porte notre ancienne adresse. Merci d'en envoyer une corrigée.
        """

    static let frenchReplies = """
        J'ai refait les étapes et cela ne marche toujours pas.
        Merci, c'est résolu.
        Cela a échoué deux fois maintenant. Que faire ?
        Voici le message complet : connexion réinitialisée, à {time}.
        Des nouvelles ? Mon délai se termine à {time}.
        Cela arrive aussi sur {vm}.
        Deux collègues ont le même problème dans {module}.
        """
}
