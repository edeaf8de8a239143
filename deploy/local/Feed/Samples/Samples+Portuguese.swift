extension SampleTexts {
    static let portuguese = """
        O login volta sempre ao início | Sempre que entro, a página manda-me de novo para o formulário. Tentei {n} vezes e não sai deste ciclo.
        A sessão expira logo | Entro, vejo o painel por um segundo e diz que a sessão expirou. Acontece desde as {time}.
        Perdi o telemóvel, preciso repor o segundo fator | O autenticador estava num telefone que já não tenho. Por favor reponham o segundo fator; o último acesso foi ontem às {time}.
        Código recusado | O código de seis dígitos aparece como inválido, mas o relógio do telefone está certo. Preciso entrar hoje em {course}.
        Esqueci a palavra-passe | Não me lembro da senha e a mensagem de recuperação não chega. Já vi na pasta de spam.
        Máquina {vm} congelada | A minha máquina de laboratório {vm} não responde há {n} minutos. O rato e o teclado não fazem nada.
        A máquina caiu e perdi o trabalho | {vm} reiniciou sozinha enquanto eu guardava o relatório de {module}. Existe uma cópia da última hora?
        Kernel panic em {vm} | A consola de {vm} mostra "Kernel panic - not syncing" assim que começa a carga de {module}. Vários de nós veem o mesmo.
        Ambiente errado | Abri o módulo {module} e fui parar a um ambiente com servidores Windows. O enunciado fala de Linux.
        Ferramentas erradas no módulo L-7 | O módulo L-7 abre as ferramentas de ataque, embora eu esteja inscrita na defesa.
        O contentor não arranca, falta startup.sh | O laboratório de {module} termina com "/opt/startup.sh: ficheiro não encontrado".
        Contentor muito lento | O arranque do contentor de {module} demora mais de {n} minutos. Está bloqueado ou apenas lento?
        {host} não resolve | No laboratório "ping {host}" diz que falhou a resolução de nomes. As outras máquinas funcionam.
        Acrescentar linha ao ficheiro hosts | Podem pôr {host} no ficheiro hosts de {vm}? O nome não resolve e quero continuar.
        VPN ligada mas sem tráfego | O cliente diz ligado, mas não chego a {host} nem a outra máquina do exercício.
        Relógio da máquina errado | A hora de {vm} está {n} minutos atrasada e por isso os acessos são recusados.
        Exame bloqueado | Estou a meio da avaliação de {course} e {vm} caiu. O tempo continua a contar, ajudem já!
        Turma inteira sem acesso | Sou formador de {course}. Todos os {n} participantes veem uma página de erro desde as {time}.
        Desligar os registos | Para o exercício ninguém deve ver o que fazemos. Como desligo o registo de auditoria em {vm}?
        Acesso ao hipervisor | Gostava de ser root no anfitrião de {vm} para arranjar a rede sozinho.
        Quem pode avaliar? | Sou o novo instrutor de {course} e não vejo as notas de {module}. De que papel preciso?
        Página muito lenta | A página de {course} demora uns {n} segundos em cada clique desde hoje de manhã.
        Apaguei um ficheiro sem querer | Removi a pasta com os meus apontamentos em {vm}. Dá para recuperar a de ontem?
        Primeiros passos | Sou novo aqui. Como começo o meu primeiro laboratório de {course} e onde estão as instruções?
        Teclado trocado | A consola de {vm} no navegador usa o teclado americano e não consigo escrever acentos.
        Os passos falharam duas vezes | Limpei os cookies e entrei de novo como diz o artigo. Falhou as duas vezes e {module} continua sem abrir.
        Disco cheio em {vm} | A partição do sistema de {vm} está a cem por cento e o exercício não consegue gravar os resultados.
        Certificado de presença | Terminei {course} na semana passada. Onde peço um certificado impresso com carimbo?
        Fatura com a morada antiga | A fatura de {course} traz a nossa morada antiga. Enviem por favor uma corrigida.
        """

    static let portugueseReplies = """
        Repeti os passos e continua sem funcionar.
        Obrigado, ficou resolvido.
        Já falhou duas vezes. E agora?
        Aqui está a mensagem completa: ligação reposta, às {time}.
        Há novidades? O meu prazo acaba às {time}.
        Também acontece em {vm}.
        Dois colegas têm o mesmo problema em {module}.
        """
}
