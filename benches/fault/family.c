/* family.c - faults: what becomes of a team when something goes wrong in it. */
#include "benches/fault/killed.h"

static const struct cb_param params[] = {
    {"model", CB_WORD, "process", 0, CB_MODEL_COUNT - 1, "what carries a worker", cb_model_words,
	false},
    CB_PARAM_WORKERS("2"),
};

static const struct cb_figure figures[] = {
    {"outcome", "the others survive", "", CB_OUTCOME, CB_MORE, 0.0, killed_outcomes},
};

const struct cb_family fault_family = {
    .name = "fault",
    .plural = "faults",
    .title = "What gets lost",
    .question = "What gets lost when a worker dies, or when nobody takes turns?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .figures = figures,
    .figure_count = 1,
    .shape = CB_DOTS,
    .kind_blocks = true,
};
