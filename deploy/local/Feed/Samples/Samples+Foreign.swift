extension SampleTexts {
    /// Tickets in languages that are detected and not supported: nobody answers them by guesswork.
    static let foreignTickets = """
        Inloggen lukt niet meer | Telkens als ik inlog kom ik weer op het aanmeldscherm terecht. Ik heb het nu {n} keer geprobeerd en het blijft zo.
        Virtuele machine reageert niet | Mijn oefenmachine {vm} reageert al {n} minuten niet meer op muis en toetsenbord. Wat moet ik doen?
        Nie mogę się zalogować | Po każdym logowaniu wracam do formularza logowania. Próbowałem już {n} razy i nadal nie działa.
        Maszyna {vm} nie odpowiada | Moja maszyna wirtualna {vm} nie reaguje od {n} minut, myszka i klawiatura nic nie robią.
        Det går inte att logga in | Varje gång jag loggar in hamnar jag på inloggningssidan igen. Jag har försökt {n} gånger nu.
        Behållaren startar inte | Övningen i {module} stannar direkt när behållaren ska starta, och jag kommer inte vidare.
        Giriş yapamıyorum | Her giriş yaptığımda tekrar giriş sayfasına dönüyorum. {n} kez denedim, hâlâ çalışmıyor.
        Nemohu se přihlásit | Po každém přihlášení se vrátím zpět na přihlašovací stránku. Zkoušel jsem to už {n}krát.
        Не могу войти в систему | После каждого входа меня возвращает на страницу входа. Я попробовал уже {n} раз, ничего не помогает.
        Не запускається віртуальна машина | Моя навчальна машина {vm} не відповідає вже {n} хвилин, клавіатура і миша не працюють.
        ログインできません | ログインするたびにログイン画面に戻ってしまいます。{n}回試しましたが、うまくいきません。
        仮想マシンが固まりました | 演習用の仮想マシン {vm} が{n}分前から反応しません。どうすればよいですか。
        无法登录 | 每次登录之后页面都会回到登录界面,我已经试了{n}次,还是不行。
        로그인이 되지 않습니다 | 로그인할 때마다 다시 로그인 화면으로 돌아갑니다. {n}번 시도했지만 계속 그렇습니다.
        لا أستطيع تسجيل الدخول | في كل مرة أسجل الدخول تعيدني الصفحة إلى شاشة الدخول. حاولت {n} مرات دون نتيجة.
        """
}
