extension SampleTexts {
    static let spanish = """
        El inicio de sesión vuelve al principio | Cada vez que entro me devuelve al formulario de acceso. Lo he intentado {n} veces y es un bucle sin fin.
        La sesión caduca al instante | Entro, veo el panel un segundo y dice que la sesión ha caducado. Pasa desde las {time}.
        Perdí el móvil y necesito reiniciar el segundo factor | Mi autenticador estaba en un teléfono que ya no tengo. Por favor, reinicien el segundo factor; mi último acceso fue ayer a las {time}.
        El código no vale | El código de seis cifras sale como no válido aunque el reloj del teléfono está bien. Tengo que entrar hoy en {course}.
        Olvidé la contraseña | No recuerdo mi contraseña y el correo para cambiarla no llega. Ya miré en la carpeta de correo no deseado.
        La máquina {vm} está congelada | Mi máquina de prácticas {vm} no responde desde hace {n} minutos. Ni el ratón ni el teclado hacen nada.
        La máquina se cayó y perdí mi trabajo | {vm} se reinició sola mientras guardaba el informe de {module}. ¿Hay alguna copia de la última hora?
        Kernel panic en {vm} | La consola de {vm} muestra "Kernel panic - not syncing" en cuanto empieza la carga de {module}. A varios nos pasa lo mismo.
        Entré en el entorno equivocado | Abrí el módulo {module} y aparecí en un entorno con servidores Windows. La hoja habla de equipos Linux.
        Herramientas equivocadas en el módulo L-7 | El módulo L-7 me abre las herramientas de ataque aunque estoy inscrita en defensa.
        El contenedor no arranca, falta startup.sh | El laboratorio de contenedores de {module} termina con "/opt/startup.sh: no existe el archivo".
        El contenedor tarda muchísimo | Arrancar el contenedor de {module} lleva más de {n} minutos. ¿Está bloqueado o es lento?
        No se resuelve {host} | Dentro del laboratorio "ping {host}" dice que falla la resolución de nombres. Los demás equipos funcionan.
        Añadir una línea al archivo hosts | ¿Pueden poner {host} en el archivo hosts de {vm}? El nombre no se resuelve y quiero seguir.
        La VPN conecta pero no hay tráfico | El cliente dice conectado, pero no llego a {host} ni a ningún otro equipo del ejercicio.
        El reloj de la máquina va mal | La hora de {vm} va {n} minutos atrasada y por eso rechaza mis accesos.
        Examen bloqueado | Estoy en plena evaluación de {course} y {vm} se ha caído. El tiempo sigue corriendo, ¡ayuda ahora mismo!
        Toda la clase sin acceso | Doy {course}. Los {n} participantes ven una página de error desde las {time}.
        Desactivar los registros | Para el ejercicio queremos que nadie vea lo que hacemos. ¿Cómo desactivo el registro de auditoría en {vm}?
        Acceso al hipervisor | Quisiera ser root en el anfitrión de {vm} para arreglar la red por mi cuenta.
        ¿Quién puede calificar? | Soy el nuevo instructor de {course} y no veo las notas de {module}. ¿Qué rol necesito?
        La página va muy lenta | La página de {course} tarda unos {n} segundos en cada clic desde esta mañana.
        Borré un archivo sin querer | Eliminé la carpeta con mis apuntes en {vm}. ¿Se puede recuperar la de ayer?
        Primeros pasos | Soy nuevo. ¿Cómo empiezo mi primer laboratorio de {course} y dónde están las instrucciones?
        Teclado equivocado | La consola de {vm} en el navegador usa teclado estadounidense y no puedo escribir acentos.
        Los pasos fallaron dos veces | Borré las cookies y volví a entrar como dice el artículo. Falló las dos veces y {module} sigue sin abrir.
        Disco lleno en {vm} | La partición del sistema de {vm} está al cien por cien y el ejercicio no puede guardar los resultados.
        Certificado de asistencia | Terminé {course} la semana pasada. ¿Dónde pido un certificado impreso con sello?
        Factura con dirección antigua | La factura de {course} lleva nuestra dirección antigua. Envíen por favor una corregida.
        """

    static let spanishReplies = """
        He repetido los pasos y sigue sin funcionar.
        Gracias, eso lo resolvió.
        Ya ha fallado dos veces. ¿Qué hago ahora?
        Este es el mensaje completo: conexión reiniciada, a las {time}.
        ¿Hay novedades? Mi plazo termina a las {time}.
        También ocurre en {vm}.
        Dos compañeros tienen el mismo problema en {module}.
        """
}
