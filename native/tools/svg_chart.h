/* svg_chart.h - line charts as inline SVG: axes, and one curve per series. Colours and dashes are the page's: a series
 * has the classes "run-N" and "curve", "faint" or "baseline"; axes have "axis", "grid" and "tick". */
#ifndef TOOLS_SVG_CHART_H
#define TOOLS_SVG_CHART_H

#include "tools/html.h"

enum svg_look {
	SVG_CURVE,
	SVG_DOTS,    /* each point marked: they are few, and each was measured */
	SVG_FAINT,   /* behind its own median */
	SVG_BASELINE /* something to compare with, drawn quietly, its name beside it */
};

struct svg_series {
	const char *name;
	const double *x, *y; /* [count], x not falling; finite, and y above 0 on a logarithmic scale */
	size_t count;
	int style; /* N of the class */
	enum svg_look look;
};

struct svg_chart {
	const char *id;          /* unique on the page */
	const char *title;       /* what is drawn, and its unit; also the caption */
	const char *description; /* for those who do not see it */
	const char *x_label;
	bool logarithmic, from_zero; /* the scale of y; by default linear, around the values */
	const struct svg_series *series;
	size_t series_count;
};

/* Points of a curve that a chart can show: more are thrown together by whoever makes the series. */
enum { SVG_CHART_COLUMNS = 240 };

/* A <figure>. Nothing to draw: it says so. */
void svg_chart_draw(struct buffer *page, const struct svg_chart *chart);

#endif
