"""The sandbox: code that a model wrote runs here and nowhere else, and what it breaks is its own.

Every child process is started without an environment, in an empty folder of its own and as the
leader of a session that is killed as a group. Before it sees a word of generated text it gives up,
for good (`lock`): processor time, memory, files, processes and core dumps are limited; on Linux a
seccomp filter leaves it the few system calls that a computation needs (no open, socket, fork, exec,
kill, signal handlers, or new session); the network is unshared where that is allowed; and an audit
hook refuses whatever the interpreter announces before it is done.

Three things run here. *Expressions* (`expressions`) are syntax trees on an allow-list, evaluated on
given inputs; their values come out as text and are compared outside. *Programs* (`programs`) are
whole Python programs, which no list could tame; their tests run in another process (`court`), and
the two exchange values only (`peers`). So a program passes a test by giving right values and in no
other way: it cannot leave early, print a verdict, patch the tests, find out what they expect, or
send an object that equals everything. *Formulas* (`formulas`) are read by a parser of ours and
compared by sympy.

What this costs: an object of a program's own class never equals a plain value and has no order with
one; a result of its operators on a plain value must be such an object again; `in` goes through it;
a function under test must not have a built-in's name; a test sees a global number or text as it was
when the program had run; and `f(x) is x` does not hold across processes.

What this does not protect against: tests that leave the decision to the program, which compares its
own objects and defines the names that tests neither define nor import; tests that a wrong program
survives; a hole in the kernel or in the few calls left; and, on other systems than Linux, where
there is no filter, a program that reaches native code. It is no place for code written by somebody
who means harm to this machine in particular: run such code in a virtual machine.
"""
