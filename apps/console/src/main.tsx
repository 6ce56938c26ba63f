import 'uplot/dist/uPlot.min.css';
import './styles/theme.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/log.css';

import { render } from 'preact';

import { ConsolePage } from './console-page.js';
import { Session } from './session.js';
import { currentTheme, showTheme } from './theme.js';

showTheme(currentTheme());
const page = document.getElementById('page');
if (page !== null) render(<ConsolePage session={new Session()} />, page);
