#include "tools/svg_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The picture's own units; the page scales it to its column, about one unit a pixel, so that text stays readable. */
enum { WIDTH = 460, HEIGHT = 270, LEFT = 52, RIGHT = 14, TOP = 12, BOTTOM = 38, TICKS_AT_MOST = 16 };

struct axis {
	double low, high; /* of the values, or of their decimal logarithms */
	bool logarithmic;
	double from, to; /* in the picture */
};

static double on_scale(const struct axis *axis, double value) {
	return axis->logarithmic ? log10(value) : value;
}

static double place(const struct axis *axis, double value) {
	return axis->from + (on_scale(axis, value) - axis->low) / (axis->high - axis->low) * (axis->to - axis->from);
}

static void include(struct axis *axis, double value) {
	axis->low = fmin(axis->low, on_scale(axis, value));
	axis->high = fmax(axis->high, on_scale(axis, value));
}

/* A little air around the curves, and a scale also where all values are one. */
static void widen(struct axis *axis, bool from_zero) {
	const double span = axis->high - axis->low;
	const double air = span > 0 ? 0.06 * span : axis->logarithmic ? 0.1 : fmax(fabs(axis->high) * 0.05, 1e-6);
	axis->high += air;
	axis->low = from_zero && !axis->logarithmic ? fmin(axis->low, 0) : axis->low - air;
}

static bool find_range(const struct svg_chart *chart, struct axis *x, struct axis *y) {
	*x = (struct axis){.low = INFINITY, .high = -INFINITY, .from = LEFT, .to = WIDTH - RIGHT};
	*y = (struct axis){
		.low = INFINITY, .high = -INFINITY, .logarithmic = chart->logarithmic, .from = HEIGHT - BOTTOM, .to = TOP};
	for (size_t s = 0; s < chart->series_count; s++)
		for (size_t i = 0; i < chart->series[s].count; i++) {
			include(x, chart->series[s].x[i]);
			include(y, chart->series[s].y[i]);
		}
	if (!(x->low <= x->high)) return false;
	x->low = 0; /* runs begin at zero */
	if (!(x->high > 0)) x->high = 1;
	widen(y, chart->from_zero);
	return true;
}

/* ---- axes ---- */

/* 1, 2 or 5 times a power of ten, so that there are about `wanted` of them. */
static double tick_step(double span, double wanted) {
	const double least = span / wanted, power = pow(10, floor(log10(least)));
	return power * (least < 1.4 * power ? 1 : least < 3.2 * power ? 2 : least < 7.1 * power ? 5 : 10);
}

static size_t linear_ticks(const struct axis *axis, double wanted, double *ticks) {
	const double step = tick_step(axis->high - axis->low, wanted), first = ceil(axis->low / step - 1e-9);
	size_t count = 0;
	/* Multiples, not sums: zero stays zero. */
	while (count < TICKS_AT_MOST && (first + (double)count) * step <= axis->high * (1 + 1e-9)) {
		ticks[count] = (first + (double)count) * step;
		count++;
	}
	return count;
}

/* Powers of ten, with 2 and 5 between them where the decades are few; within one decade as on a linear scale. */
static size_t logarithmic_ticks(const struct axis *axis, double *ticks) {
	static const double steps[] = {1, 2, 5};
	const bool dense = axis->high - axis->low < 2.5;
	size_t count = 0;
	for (double power = floor(axis->low); power <= axis->high; power++)
		for (int i = 0; i < (dense ? 3 : 1); i++) {
			const double tick = steps[i] * pow(10, power), at = log10(tick);
			if (at >= axis->low && at <= axis->high && count < TICKS_AT_MOST) ticks[count++] = tick;
		}
	if (count >= 3) return count;
	const struct axis linear = {.low = pow(10, axis->low), .high = pow(10, axis->high)};
	return linear_ticks(&linear, 4, ticks);
}

/* As short as it can be: 20k for 20000, 5e-4 for 0.0005. */
static void tick_text(double tick, double largest, char *text, size_t size) {
	if (largest >= 10000)
		snprintf(text, size, tick == 0 ? "0" : "%gk", tick / 1000);
	else if (tick != 0 && fabs(tick) < 0.001) {
		const int power = (int)floor(log10(fabs(tick)) + 1e-9);
		snprintf(text, size, "%.3ge%d", tick / pow(10, power), power);
	} else
		snprintf(text, size, "%.6g", tick);
}

static void draw_axes(struct buffer *page, const struct svg_chart *chart, const struct axis *x, const struct axis *y) {
	double ticks[TICKS_AT_MOST];
	char text[32];
	size_t count = y->logarithmic ? logarithmic_ticks(y, ticks) : linear_ticks(y, 5, ticks);
	for (size_t i = 0; i < count; i++) {
		const double at = place(y, ticks[i]);
		tick_text(ticks[i], ticks[count - 1], text, sizeof text);
		html_format(page,
					"<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"tick\" x=\"%d\" y=\"%.1f\" "
					"text-anchor=\"end\">%s</text>",
					LEFT, at, WIDTH - RIGHT, LEFT - 7, at + 4, text);
	}
	count = linear_ticks(x, 5, ticks);
	for (size_t i = 0; i < count; i++) {
		tick_text(ticks[i], ticks[count - 1], text, sizeof text);
		html_format(page, "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
					place(x, ticks[i]), HEIGHT - BOTTOM + 17, text);
	}
	html_format(page,
				"<path class=\"axis\" d=\"M%d %dH%d\"/><text class=\"tick\" x=\"%d\" y=\"%d\" "
				"text-anchor=\"end\">%s</text>",
				LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, WIDTH - RIGHT, HEIGHT - 4, chart->x_label);
}

/* ---- curves ---- */

static void draw_series(struct buffer *page, const struct svg_series *s, const struct axis *x, const struct axis *y) {
	static const char *const looks[] = {"curve", "curve", "faint", "baseline"};
	if (!s->count) return;
	html_format(page, "<path class=\"%s run-%d\" d=\"", looks[s->look], s->style);
	for (size_t i = 0; i < s->count; i++)
		html_format(page, "%c%.1f %.1f", i ? 'L' : 'M', place(x, s->x[i]), place(y, s->y[i]));
	html_add(page, "\"/>");
	for (size_t i = 0; i < s->count && (s->look == SVG_DOTS || s->count == 1); i++)
		html_format(page, "<circle class=\"dot run-%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\"/>", s->style,
					place(x, s->x[i]), place(y, s->y[i]));
	if (s->look != SVG_BASELINE) return;
	html_format(page, "<text class=\"tick\" x=\"%d\" y=\"%.1f\">", LEFT + 4, place(y, s->y[0]) - 5);
	html_text(page, s->name);
	html_add(page, "</text>");
}

void svg_chart_draw(struct buffer *page, const struct svg_chart *chart) {
	struct axis x, y;
	html_format(page, "<figure class=\"chart\"><figcaption>%s</figcaption>", chart->title);
	if (!find_range(chart, &x, &y)) {
		html_add(page, "<p class=\"quiet\">Nothing has been measured yet.</p></figure>");
		return;
	}
	html_format(page,
				"<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-title %s-text\"><title id=\"%s-title\">"
				"%s</title><desc id=\"%s-text\">",
				WIDTH, HEIGHT, chart->id, chart->id, chart->id, chart->title, chart->id);
	html_text(page, chart->description);
	html_add(page, "</desc>");
	draw_axes(page, chart, &x, &y);
	for (size_t i = 0; i < chart->series_count; i++) draw_series(page, &chart->series[i], &x, &y);
	html_add(page, "</svg></figure>");
}
