/** Small plots in SVG. */
import { axisBottom, axisLeft } from "d3-axis";
import { scaleLinear, scaleLog } from "d3-scale";
import { select } from "d3-selection";
import { line as d3line } from "d3-shape";

const MARGIN = { left: 56, right: 12, top: 10, bottom: 38 };

/**
 * Axes to draw on.
 *
 * @param {{
 *   width: number, height: number, x: [number, number], y: [number, number],
 *   xlabel: string, ylabel: string, title: string, logx?: boolean, logy?: boolean, ticks?: number,
 * }} options size in units of the drawing, which scales with its place; the ranges of the axes;
 *   `title` says what is shown, for those who do not see it
 */
export function plot({
  width,
  height,
  x,
  y,
  xlabel,
  ylabel,
  title,
  logx = false,
  logy = false,
  ticks = 5,
}) {
  const { left, right, top, bottom } = MARGIN;
  const across = (logx ? scaleLog() : scaleLinear()).domain(x).range([left, width - right]);
  const up = (logy ? scaleLog() : scaleLinear()).domain(y).range([height - bottom, top]);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const drawing = select(svg)
    .attr("viewBox", `0 0 ${width} ${height}`)
    .attr("class", "live-plot")
    .attr("role", "img")
    .attr("aria-label", title);
  const axes = drawing.append("g").attr("class", "live-axes");
  const drawAxes = () => {
    axes.selectAll("*").remove();
    axes
      .append("g")
      .attr("transform", `translate(0,${height - bottom})`)
      .call(
        axisBottom(across)
          .ticks(ticks, logx ? "~g" : undefined)
          .tickSizeOuter(0),
      );
    axes
      .append("g")
      .attr("transform", `translate(${left},0)`)
      .call(
        axisLeft(up)
          .ticks(ticks, logy ? "~g" : undefined)
          .tickSizeOuter(0),
      );
    const word = (/** @type {string} */ text) =>
      axes.append("text").attr("class", "live-axis").text(text);
    word(xlabel)
      .attr("x", (left + width - right) / 2)
      .attr("y", height - 4)
      .attr("text-anchor", "middle");
    word(ylabel)
      .attr("transform", `translate(12,${(top + height - bottom) / 2}) rotate(-90)`)
      .attr("text-anchor", "middle");
  };
  drawAxes();
  const marks = drawing.append("g");
  return {
    svg,
    x: across,
    y: up,
    /**
     * New ranges; what was drawn is to be drawn again.
     *
     * @param {[number, number]} newX
     * @param {[number, number]} newY
     */
    ranges(newX, newY) {
      across.domain(newX);
      up.domain(newY);
      drawAxes();
    },
    clear() {
      marks.selectAll("*").remove();
    },
    /**
     * @param {[number, number][]} points
     * @param {string} [className]
     */
    line(points, className = "live-line") {
      marks
        .append("path")
        .attr("class", className)
        .attr(
          "d",
          d3line()
            .x((p) => across(p[0]))
            .y((p) => up(p[1]))(points),
        );
    },
    /**
     * @param {[number, number][]} points
     * @param {string} [className]
     * @param {number} [radius]
     */
    dots(points, className = "live-dot", radius = 4) {
      for (const [px, py] of points) {
        marks
          .append("circle")
          .attr("class", className)
          .attr("cx", across(px))
          .attr("cy", up(py))
          .attr("r", radius);
      }
    },
    /**
     * Columns of a histogram, from `edges[i]` to `edges[i + 1]`.
     *
     * @param {number[]} edges
     * @param {number[]} heights
     * @param {string} [className]
     */
    bars(edges, heights, className = "live-bar") {
      const floor = up(up.domain()[0]);
      heights.forEach((value, i) => {
        marks
          .append("rect")
          .attr("class", className)
          .attr("x", across(edges[i]))
          .attr("width", Math.max(0, across(edges[i + 1]) - across(edges[i])))
          .attr("y", up(value))
          .attr("height", Math.max(0, floor - up(value)));
      });
    },
  };
}
