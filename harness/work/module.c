#include "harness/work/module.h"

#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/grow.h"
#include "harness/base/hash.h"

#include <ctype.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYMBOL "concbench_module"

__attribute__((format(printf, 4, 5))) static int refuse(
    char *err, size_t err_len, const char *path, const char *format, ...)
{
	const int n = snprintf(err, err_len, "%.160s: ", path);
	va_list args;

	va_start(args, format);
	if (n > 0 && (size_t)n < err_len)
		(void)vsnprintf(err + n, err_len - (size_t)n, format, args);
	va_end(args);
	return -EINVAL;
}

/* Return: 0; -errno; -ENODATA when it is too short. */
static int read_header(const char *path, ElfW(Ehdr) * out)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, out, sizeof(*out));
	(void)close(fd);
	return n < 0 ? -errno : n < (ssize_t)sizeof(*out) ? -ENODATA : 0;
}

/* Linkers put the table of sections last; mapped without its end, a file raises SIGBUS somewhere in
 * dlopen(3). */
static bool is_cut_off(const char *path, const ElfW(Ehdr) * h)
{
	struct stat st;

	return h->e_shoff && stat(path, &st) == 0 &&
	       (uint64_t)st.st_size < h->e_shoff + (uint64_t)h->e_shnum * h->e_shentsize;
}

/* Before dlopen(3), whose words for these are for those who know linkers. */
static int check_file(const char *path, char *err, size_t err_len)
{
	ElfW(Ehdr) theirs, ours;
	int ret = read_header(path, &theirs);

	if (ret && ret != -ENODATA)
		return refuse(err, err_len, path, "%s", strerror(-ret));
	if (ret || memcmp(theirs.e_ident, ELFMAG, SELFMAG) != 0)
		return refuse(err, err_len, path,
		    "not an ELF file; accepted: a shared object, made with cc -shared -fPIC");
	if (read_header("/proc/self/exe", &ours) == 0 &&
	    (theirs.e_machine != ours.e_machine ||
		theirs.e_ident[EI_CLASS] != ours.e_ident[EI_CLASS]))
		return refuse(err, err_len, path,
		    "made for another architecture (ELF machine %u, %s bit; this program is %u)",
		    theirs.e_machine, theirs.e_ident[EI_CLASS] == ELFCLASS64 ? "64" : "32",
		    ours.e_machine);
	if (theirs.e_type != ET_DYN)
		return refuse(err, err_len, path,
		    "not a shared object; accepted: what cc -shared -fPIC makes");
	if (is_cut_off(path, &theirs))
		return refuse(err, err_len, path, "cut off: its end is missing; build it again");
	return 0;
}

struct wanted_id {
	ElfW(Addr) base;
	char *out;
	bool found;
};

static int look_for_id(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct wanted_id *w = arg;

	(void)size;
	if (info->dlpi_addr != w->base)
		return 0;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		const char *at = (const char *)(info->dlpi_addr + ph->p_vaddr);
		const char *end = at + ph->p_memsz;

		while (ph->p_type == PT_NOTE && at + sizeof(ElfW(Nhdr)) <= end) {
			const ElfW(Nhdr) *note = (const void *)at;
			const unsigned char *desc =
			    (const void *)(at + sizeof(*note) + ((note->n_namesz + 3) & ~3u));

			if (note->n_type == NT_GNU_BUILD_ID && note->n_descsz > 0) {
				for (unsigned k = 0;
				     k < note->n_descsz && 2 * k + 2 < MODULE_ID_MAX; k++)
					(void)snprintf(w->out + 2 * k, 3, "%02x", desc[k]);
				w->found = true;
				return 1;
			}
			at = (const char *)desc + ((note->n_descsz + 3) & ~3u);
		}
	}
	return 0;
}

/* For linkers that leave no build-id. */
static int hash_contents(const char *path, char out[MODULE_ID_MAX])
{
	uint64_t hash = HASH_START;
	unsigned char buf[4096];
	size_t n;
	FILE *f = fopen(path, "re");

	if (!f)
		return -errno;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		hash = hash_bytes(hash, buf, n);
	(void)fclose(f);
	(void)snprintf(out, MODULE_ID_MAX, "content-%016" PRIx64, hash);
	return 0;
}

static int identify(struct module *m)
{
	struct wanted_id w = {.out = m->id};
	struct link_map *map;

	if (dlinfo(m->handle, RTLD_DI_LINKMAP, &map) != 0)
		return -EINVAL;
	w.base = map->l_addr;
	(void)dl_iterate_phdr(look_for_id, &w);
	return w.found ? 0 : hash_contents(m->path, m->id);
}

const char *module_spec_file(const char *spec)
{
	size_t n = 0;

	while (isalnum((unsigned char)spec[n]) || spec[n] == '_' || spec[n] == '-')
		n++;
	return n && spec[n] == '=' ? spec + n + 1 : spec;
}

/* What this program's own files were compiled with. */
extern const struct cb_layout *const __start_cb_layouts[] __attribute__((weak));
extern const struct cb_layout *const __stop_cb_layouts[] __attribute__((weak));

/* Also false for a header that the program does not have. */
static bool same_layout(const struct cb_layout *theirs)
{
	for (const struct cb_layout *const *at = __start_cb_layouts; at < __stop_cb_layouts; at++)
		if (strcmp((*at)->header, theirs->header) == 0)
			return (*at)->words == theirs->words &&
			       memcmp((*at)->word, theirs->word,
				   theirs->words * sizeof(*theirs->word)) == 0;
	return false;
}

bool module_judge(const struct cb_module *self, uint32_t abi, char *why, size_t why_len)
{
	if (self->abi != abi) {
		(void)snprintf(why, why_len,
		    "built for %s interface (ABI %" PRIu32 ", this program has %" PRIu32
		    "); rebuild it",
		    self->abi > abi ? "a newer" : "an older", self->abi, abi);
		return false;
	}
	/* Behind this number lies what it says the size of. */
	if (self->bytes != sizeof(*self)) {
		(void)snprintf(why, why_len,
		    "built against other headers of concbench (concbench.h differs); rebuild it");
		return false;
	}
	for (const struct cb_layout *const *at = self->first_layout; at < self->end_layout; at++) {
		if (same_layout(*at))
			continue;
		(void)snprintf(why, why_len,
		    "built against other headers of concbench (%.40s differs); rebuild it",
		    (*at)->header);
		return false;
	}
	if (self->first == self->end) {
		(void)snprintf(why, why_len, "it has no kinds");
		return false;
	}
	return true;
}

static int check_symbol(struct module *m, char *err, size_t err_len)
{
	char why[200];

	m->self = dlsym(m->handle, SYMBOL);
	if (!m->self)
		return refuse(err, err_len, m->path,
		    "no symbol " SYMBOL "; one of its files has to have the line CB_MODULE");
	return module_judge(m->self, CB_ABI, why, sizeof(why))
		   ? 0
		   : refuse(err, err_len, m->path, "%s", why);
}

static int open_one(struct module *m, const char *spec, char *err, size_t err_len)
{
	const char *file = module_spec_file(spec);
	const size_t n = file > spec ? (size_t)(file - spec) - 1 : 0;
	char real[PATH_MAX];
	int ret;

	m->prefix = strndup(spec, n);
	m->path = realpath(file, real) ? strdup(real) : NULL;
	if (!m->path && errno != ENOMEM) {
		(void)refuse(err, err_len, file, "%s", strerror(errno));
		return -ENOENT;
	}
	if (!m->prefix || !m->path ||
	    asprintf(&m->spec, "%s%s%s", m->prefix, n ? "=" : "", m->path) < 0) {
		m->spec = NULL;
		return -ENOMEM;
	}
	ret = check_file(m->path, err, err_len);
	if (ret)
		return ret;
	m->handle = dlopen(m->path, RTLD_NOW | RTLD_LOCAL);
	if (!m->handle) {
		const char *words = dlerror();
		const size_t path = strlen(m->path);

		/* It usually begins with the path, which the message already has. */
		if (words && strncmp(words, m->path, path) == 0 && words[path] == ':')
			words += path + 2;
		return refuse(err, err_len, m->path, "%s", words ? words : "dlopen failed");
	}
	ret = check_symbol(m, err, err_len);
	if (!ret && identify(m) != 0)
		ret = refuse(err, err_len, m->path, "its build-id cannot be read");
	return ret;
}

static void forget(struct module *m)
{
	free(m->path);
	free(m->prefix);
	free(m->spec);
}

static int enter(const struct module *m, struct registry *r, char *err, size_t err_len)
{
	char why[256] = "";
	const int ret =
	    registry_add(r, m->self->first, m->self->end, m->prefix, m->path, why, sizeof(why));

	if (ret == -EINVAL || ret == -EEXIST)
		(void)refuse(err, err_len, m->path, "%s", why);
	return ret;
}

/* ---- first in a process of its own ---- */

/* Constructors register something, and are done; the rest is reading. */
#define TRY_WITHIN_NS (10 * CLOCK_NS_PER_S)

/* Between the two processes. */
struct attempt {
	const char *spec;
	const char *doing; /* NULL: done */
};

static void try_it(void *arg)
{
	struct attempt *t = arg;
	struct registry r = {0};
	struct module m = {0};
	char err[512];
	const int ret = open_one(&m, t->spec, err, sizeof(err));

	t->doing = "what it declares";
	if (!ret)
		(void)enter(&m, &r, err, sizeof(err));
	/* They are called when the program ends. */
	t->doing = "a destructor of it";
	if (m.handle)
		(void)dlclose(m.handle);
	t->doing = NULL;
}

/* The process that opens it afterwards reports whether it is refused. */
static int try_apart(const char *spec, char *err, size_t err_len)
{
	struct attempt *t =
	    mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *path = module_spec_file(spec);
	struct cb_fate fate;
	int ret;

	if (t == MAP_FAILED)
		return -ENOMEM;
	t->spec = spec;
	t->doing = "a constructor of it";
	/* A constructor that calls exit(3) would write what is still to be written a second time.
	 */
	(void)fflush(NULL);
	ret = cb_sacrifice(try_it, t, TRY_WITHIN_NS, &fate);
	if (ret)
		(void)refuse(err, err_len, path, "trying it: %s", strerror(-ret));
	else if (!t->doing)
		ret = 0;
	else if (fate.hung)
		ret = refuse(err, err_len, path, "%s did not end within %d s", t->doing,
		    (int)(TRY_WITHIN_NS / CLOCK_NS_PER_S));
	else if (fate.signal)
		ret = refuse(err, err_len, path, "%s crashed: killed by signal %d (%s)", t->doing,
		    fate.signal, strsignal(fate.signal));
	else
		ret = refuse(err, err_len, path, "%s ended the program: exited with status %d",
		    t->doing, fate.status);
	(void)munmap(t, sizeof(*t));
	return ret;
}

int module_list_open(struct module_list *l, struct registry *r, const char *spec, const char *id,
    char *err, size_t err_len)
{
	struct module m = {0};
	int ret = grow_by_one(&l->item, l->count, sizeof(m));

	if (!ret && !id)
		ret = try_apart(spec, err, err_len);
	if (!ret)
		ret = open_one(&m, spec, err, err_len);
	if (!ret && id && strcmp(id, m.id) != 0) {
		(void)refuse(err, err_len, m.path,
		    "it has changed while it was measured: build-id %.20s, was %.20s", m.id, id);
		ret = -ESTALE;
	}
	if (!ret)
		ret = enter(&m, r, err, err_len);
	if (ret == -ENOMEM)
		(void)snprintf(err, err_len, "out of memory");
	if (ret)
		forget(&m);
	else
		l->item[l->count++] = m;
	return ret;
}

const char *const *module_list_words(struct module_list *l)
{
	size_t n = 0;

	free(l->words);
	l->words = calloc(4 * l->count + 1, sizeof(*l->words));
	for (size_t i = 0; l->words && i < l->count; i++) {
		l->words[n++] = "--load";
		l->words[n++] = l->item[i].spec;
		l->words[n++] = "--build-id";
		l->words[n++] = l->item[i].id;
	}
	return l->words;
}

void module_list_close(struct module_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		forget(&l->item[i]);
	free(l->item);
	free(l->words);
	memset(l, 0, sizeof(*l));
}
