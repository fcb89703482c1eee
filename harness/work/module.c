#include "harness/work/module.h"

#include "harness/base/file.h"

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
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	unsigned char buf[4096];
	size_t n;
	FILE *f = fopen(path, "re");

	if (!f)
		return -errno;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		for (size_t i = 0; i < n; i++)
			hash = (hash ^ buf[i]) * UINT64_C(0x100000001b3);
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

static int check_symbol(struct module *m, char *err, size_t err_len)
{
	m->self = dlsym(m->handle, SYMBOL);
	if (!m->self)
		return refuse(err, err_len, m->path,
		    "no symbol " SYMBOL "; one of its files has to have the line CB_MODULE");
	if (m->self->abi != CB_ABI)
		return refuse(err, err_len, m->path,
		    "built for %s interface (ABI %" PRIu32 ", this program has %d); build it again",
		    m->self->abi > CB_ABI ? "a newer" : "an older", m->self->abi, CB_ABI);
	if (m->self->kind_bytes != sizeof(struct cb_kind))
		return refuse(err, err_len, m->path,
		    "built with the headers of another version of concbench; build it again");
	if (m->self->first == m->self->end)
		return refuse(err, err_len, m->path, "there is no kind in it");
	return 0;
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

		/* It begins with the path as a rule, which is said already. */
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

int module_list_open(struct module_list *l, struct registry *r, const char *spec, const char *id,
    char *err, size_t err_len)
{
	struct module m = {0}, *grown;
	int ret = open_one(&m, spec, err, err_len);

	if (!ret && id && strcmp(id, m.id) != 0) {
		(void)refuse(err, err_len, m.path,
		    "it has changed while it was measured: build-id %.20s, was %.20s", m.id, id);
		ret = -ESTALE;
	}
	if (!ret) {
		grown = reallocarray(l->item, l->count + 1, sizeof(*grown));
		ret = grown ? 0 : -ENOMEM;
		l->item = grown ? grown : l->item;
	}
	if (!ret) {
		char why[256] = "";

		ret =
		    registry_add(r, m.self->first, m.self->end, m.prefix, m.path, why, sizeof(why));
		if (ret == -EINVAL || ret == -EEXIST)
			(void)refuse(err, err_len, m.path, "%s", why);
	}
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
